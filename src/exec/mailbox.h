// SPDX-License-Identifier: Apache-2.0
//
// The only door into a session: a bounded queue that many threads push and one strand pops.
// Two lanes: `system` (control, errors) overtakes `ordered` (everything else).
//
// When the ordered lane is full its policy decides; system messages have a lane and a limit of
// their own, so audio can never crowd out a cancel. Every outcome is counted.
//
//   Mailbox<ClientEvent> mailbox({.capacity = 256, .when_full = WhenFull::drop_oldest},
//   strand->waker()); if (mailbox.push(std::move(event)) == PushResult::full) { … tell the peer … }
//   while (std::optional<ClientEvent> event = mailbox.pop()) { … }   // strand only
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "exec/strand.h"

namespace parley::exec {

enum class Lane : std::uint8_t { ordered, system };
enum class WhenFull : std::uint8_t { fail, drop_oldest };
enum class PushResult : std::uint8_t { accepted, dropped_oldest, full, closed };

struct MailboxOptions {
  std::size_t capacity = 256;         // ordered lane, messages
  std::size_t system_capacity = 256;  // system lane, messages
  WhenFull when_full = WhenFull::fail;
};

/// Threads: `push` any; `pop` the owner's strand.
template <typename Message>
class Mailbox {
 public:
  Mailbox(MailboxOptions options, Waker waker) : options_(options), waker_(std::move(waker)) {}

  PushResult push(Message message, Lane lane = Lane::ordered) {
    PushResult result = PushResult::accepted;
    {
      const std::lock_guard lock(mutex_);
      std::deque<Message>& queue = lane == Lane::system ? system_ : ordered_;
      const std::size_t capacity =
          lane == Lane::system ? options_.system_capacity : options_.capacity;
      if (closed_) return PushResult::closed;
      if (queue.size() >= capacity) {
        if (lane == Lane::system || options_.when_full == WhenFull::fail) {
          ++refused_;
          return PushResult::full;
        }
        queue.pop_front();
        ++dropped_;
        result = PushResult::dropped_oldest;
      }
      queue.push_back(std::move(message));
    }
    waker_.wake();
    return result;
  }

  [[nodiscard]] std::optional<Message> pop() {
    const std::lock_guard lock(mutex_);
    std::deque<Message>& queue = system_.empty() ? ordered_ : system_;
    if (queue.empty()) return std::nullopt;
    std::optional<Message> message(std::move(queue.front()));
    queue.pop_front();
    return message;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    ordered_.clear();
    system_.clear();
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return ordered_.size() + system_.size();
  }
  [[nodiscard]] std::uint64_t dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }
  [[nodiscard]] std::uint64_t refused() const {
    const std::lock_guard lock(mutex_);
    return refused_;
  }

 private:
  const MailboxOptions options_;
  const Waker waker_;
  mutable std::mutex mutex_;     // held for a few moves only, never across a wake
  std::deque<Message> ordered_;  // GUARDED_BY(mutex_)
  std::deque<Message> system_;   // GUARDED_BY(mutex_)
  bool closed_ = false;          // GUARDED_BY(mutex_)
  std::uint64_t dropped_ = 0;    // GUARDED_BY(mutex_)
  std::uint64_t refused_ = 0;    // GUARDED_BY(mutex_)
};

}  // namespace parley::exec
