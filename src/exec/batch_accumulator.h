// SPDX-License-Identifier: Apache-2.0
//
// Collects requests of many sessions into batches. A batch closes when it holds `items_max`
// requests or when its earliest one has waited `delay_max`, whichever is first. Knows no thread and
// no clock: the caller brings the time and sleeps until `deadline`.
//
//   if (!batch.add(std::move(request), clock.now())) { … refuse: the queue is full … }
//   if (batch.is_ready(clock.now())) model.decode(batch.take());
//   else timers.schedule(batch.deadline(), waker);
//
// Threads: one owner.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"

namespace parley::exec {

struct BatchLimits {
  std::size_t items_max = 16;      // requests in a batch, at least 1
  Nanos delay_max = Millis(2);     // what the earliest request may wait; 0 closes at once
  std::size_t waiting_max = 4096;  // requests that wait altogether; further ones are refused
};

template <typename Request>
class BatchAccumulator {
 public:
  explicit BatchAccumulator(BatchLimits limits) : limits_(limits) {
    PARLEY_CHECK(limits.items_max >= 1 && limits.waiting_max >= limits.items_max);
  }

  /// False when `waiting_max` requests wait already; the request is then dropped and counted.
  [[nodiscard]] bool add(Request request, Instant now) {
    if (waiting_.size() >= limits_.waiting_max) {
      ++refused_;
      return false;
    }
    waiting_.push_back({std::move(request), now});
    return true;
  }

  [[nodiscard]] bool is_ready(Instant now) const {
    return waiting_.size() >= limits_.items_max || (!waiting_.empty() && deadline() <= now);
  }

  /// When the batch closes even if nothing more comes; `Instant::never()` while it is empty. A full
  /// batch is ready before its deadline.
  [[nodiscard]] Instant deadline() const {
    return waiting_.empty() ? Instant::never() : waiting_.front().since + limits_.delay_max;
  }

  /// The oldest requests, at most `items_max`, ready or not. The rest keep their times of arrival.
  [[nodiscard]] std::vector<Request> take() {
    const std::size_t count = std::min(waiting_.size(), limits_.items_max);
    std::vector<Request> batch;
    batch.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      batch.push_back(std::move(waiting_.front().request));
      waiting_.pop_front();
    }
    return batch;
  }

  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }
  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  struct Waiting {
    Request request;
    Instant since;
  };
  BatchLimits limits_;
  std::deque<Waiting> waiting_;
  std::uint64_t refused_ = 0;
};

}  // namespace parley::exec
