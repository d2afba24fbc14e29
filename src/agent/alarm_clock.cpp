// SPDX-License-Identifier: Apache-2.0
#include "agent/alarm_clock.h"

#include <algorithm>
#include <utility>

namespace parley::agent {

bool AlarmClock::set(Instant due, std::string text) {
  if (alarms_.size() >= kAlarmsMax) return false;
  const auto later = std::find_if(alarms_.begin(), alarms_.end(),
                                  [due](const Alarm& one) { return one.due > due; });
  alarms_.insert(later, {due, std::move(text), timers_.schedule(due, waker_)});
  return true;
}

void AlarmClock::stop() {
  for (const Alarm& one : alarms_) timers_.cancel(one.timer);
  alarms_.clear();
}

std::optional<std::string> AlarmClock::take_due(Instant now) {
  if (alarms_.empty() || alarms_.front().due > now) return std::nullopt;
  std::string text = std::move(alarms_.front().text);
  alarms_.erase(alarms_.begin());
  return text;
}

}  // namespace parley::agent
