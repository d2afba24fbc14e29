// SPDX-License-Identifier: Apache-2.0
//
// The mailbox of a session that one connection fills. When it is full, `push` says so and keeps
// nothing; the connection stops reading its socket, and is told once there is room again.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/metrics.h"
#include "exec/mailbox.h"
#include "exec/strand.h"
#include "service/realtime/realtime_session.h"

namespace parley::service {

template <typename Message>
class SessionMailbox {
 public:
  /// `refused` counts what a mailbox itself had no room for: none, as long as connections wait.
  /// May be null; outlives it.
  SessionMailbox(std::size_t capacity, Counter* refused, exec::Waker waker)
      : capacity_(capacity),
        mailbox_({.capacity = capacity, .refused_metric = refused}, std::move(waker)) {}

  /// On `full` the message is left as it was. Threads: one producer.
  [[nodiscard]] PushResult push(Message&& message) {
    if (!has_room()) {
      resume_wanted_.store(true);
      // The strand may have made room between the look and the flag.
      if (!has_room()) return PushResult::full;
    }
    // There is room: only this thread adds to the mailbox.
    const exec::PushResult pushed = mailbox_.push(std::move(message));
    return pushed == exec::PushResult::accepted ? PushResult::accepted : PushResult::closed;
  }

  // Threads: strand.
  [[nodiscard]] std::optional<Message> pop() { return mailbox_.pop(); }
  /// True: a push was refused, and there is room again. It is said once.
  [[nodiscard]] bool offers_room() {
    return resume_wanted_.load() && has_room() && resume_wanted_.exchange(false);
  }
  [[nodiscard]] bool empty() const { return mailbox_.size() == 0; }

  // Threads: any.
  void close() { mailbox_.close(); }

 private:
  [[nodiscard]] bool has_room() const { return mailbox_.size() < capacity_; }

  const std::size_t capacity_;
  exec::Mailbox<Message> mailbox_;
  std::atomic<bool> resume_wanted_{false};
};

}  // namespace parley::service
