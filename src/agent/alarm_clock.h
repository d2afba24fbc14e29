// SPDX-License-Identifier: Apache-2.0
//
// What the agent shall say by itself, and when: timers that a function set. Threads: strand.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "exec/strand.h"
#include "exec/timer.h"

namespace parley::agent {

/// Of a session; further ones are refused.
inline constexpr std::size_t kAlarmsMax = 32;

class AlarmClock {
 public:
  /// The references outlive this. `waker` is woken when one is due.
  AlarmClock(exec::TimerService& timers, const exec::Waker& waker)
      : timers_(timers), waker_(waker) {}
  ~AlarmClock() { stop(); }
  AlarmClock(const AlarmClock&) = delete;
  AlarmClock& operator=(const AlarmClock&) = delete;

  /// False: there are too many.
  bool set(Instant due, std::string text);
  void stop();
  /// The text of the one that is due for the longest time.
  [[nodiscard]] std::optional<std::string> take_due(Instant now);

 private:
  struct Alarm {
    Instant due;
    std::string text;
    exec::TimerService::Id timer = 0;
  };
  exec::TimerService& timers_;
  const exec::Waker& waker_;
  std::vector<Alarm> alarms_;  // the next one first
};

}  // namespace parley::agent
