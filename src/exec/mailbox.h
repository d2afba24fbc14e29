// SPDX-License-Identifier: Apache-2.0
//
// The only door into a session: a bounded queue that many threads push and one strand pops.
// Two lanes: `system` (control, errors) overtakes `ordered` (everything else).
//
// When the ordered lane is full its policy decides; system messages have a lane and a limit of
// their own, so audio can never crowd out a cancel. Every outcome is counted. Memory follows what
// is queued (exec/chunked_queue.h): a shallow queue allocates nothing per push.
//
//   Mailbox<ClientEvent> mailbox({.capacity = 256, .when_full = WhenFull::drop_oldest},
//   strand->waker()); if (mailbox.push(std::move(event)) == PushResult::full) { … tell the peer … }
//   while (std::optional<ClientEvent> event = mailbox.pop()) { … }   // strand only
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "base/metrics.h"
#include "exec/chunked_queue.h"
#include "exec/strand.h"
#include "exec/sync_policy.h"

namespace parley::exec {

enum class Lane : std::uint8_t { ordered, system };
enum class WhenFull : std::uint8_t { fail, drop_oldest };
enum class PushResult : std::uint8_t { accepted, dropped_oldest, full, closed };

struct MailboxOptions {
  std::size_t capacity = 256;         // ordered lane, messages, at least 1
  std::size_t system_capacity = 256;  // system lane, messages, at least 1; always fails when full
  WhenFull when_full = WhenFull::fail;
  Counter* refused_metric = nullptr;  // counts, over many mailboxes, what `refused` counts of one
  Counter* dropped_metric = nullptr;  // likewise
};

/// Threads: `push` any; `pop` the owner's strand; `close` and the counters any.
///
/// A mutex guards it rather than a lock-free queue: it is held for one move of a message,
/// drop_oldest needs both ends, and the push costs little beside the wake
/// (bench/exec/queue_bench.cpp).
template <typename Message, typename Sync = StdSync, typename WakerType = Waker>
class Mailbox {
 public:
  Mailbox(MailboxOptions options, WakerType waker) : options_(options), waker_(std::move(waker)) {}

  /// Takes the message and wakes the strand. The wake happens for every message that was accepted.
  PushResult push(Message message, Lane lane = Lane::ordered) {
    std::optional<Message> dropped;  // destroyed outside the lock: it may own much
    PushResult result = PushResult::accepted;
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return PushResult::closed;
      const bool is_system = lane == Lane::system;
      ChunkedQueue<Message>& queue = is_system ? system_ : ordered_;
      if (queue.size() >= (is_system ? options_.system_capacity : options_.capacity)) {
        if (is_system || options_.when_full == WhenFull::fail) {
          ++refused_;
          if (options_.refused_metric != nullptr) options_.refused_metric->add();
          return PushResult::full;
        }
        dropped.emplace(queue.pop());
        ++dropped_;
        if (options_.dropped_metric != nullptr) options_.dropped_metric->add();
        result = PushResult::dropped_oldest;
      }
      queue.push(std::move(message));
    }
    waker_.wake();
    return result;
  }

  /// The oldest system message, else the oldest ordered one.
  [[nodiscard]] std::optional<Message> pop() {
    const std::lock_guard lock(mutex_);
    if (!system_.empty()) return system_.pop();
    if (!ordered_.empty()) return ordered_.pop();
    return std::nullopt;
  }

  /// Forgets what is queued and refuses what comes. Twice is fine.
  void close() {
    ChunkedQueue<Message> ordered;  // destroyed outside the lock
    ChunkedQueue<Message> system;
    const std::lock_guard lock(mutex_);
    closed_ = true;
    ordered_.swap(ordered);
    system_.swap(system);
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return ordered_.size() + system_.size();
  }
  /// Messages that drop_oldest threw away.
  [[nodiscard]] std::uint64_t dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }
  /// Pushes that ended in `full`.
  [[nodiscard]] std::uint64_t refused() const {
    const std::lock_guard lock(mutex_);
    return refused_;
  }

 private:
  const MailboxOptions options_;
  const WakerType waker_;
  mutable typename Sync::Mutex mutex_;  // held for a few moves only, never across a wake
  ChunkedQueue<Message> ordered_;       // GUARDED_BY(mutex_)
  ChunkedQueue<Message> system_;        // GUARDED_BY(mutex_)
  bool closed_ = false;                 // GUARDED_BY(mutex_)
  std::uint64_t dropped_ = 0;           // GUARDED_BY(mutex_)
  std::uint64_t refused_ = 0;           // GUARDED_BY(mutex_)
};

}  // namespace parley::exec
