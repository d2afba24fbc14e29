// SPDX-License-Identifier: Apache-2.0
//
// Texts of one reply on their way through a check, in order. What nobody judged in time passes or
// is refused, as the settings say. Threads: strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "agent/agent_settings.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "exec/strand.h"
#include "exec/timer.h"
#include "model/moderation_host.h"

namespace parley::agent {

class ModerationGate {
 public:
  struct Surroundings {
    const Clock& clock;
    exec::TimerService& timers;
    Metrics& metrics;
    model::ModerationHost& host;
    exec::Waker waker;
  };
  using Source = model::ModerationCall::Source;

  ModerationGate(Surroundings around, const ModerationSettings& settings, Source source);
  /// Cancels what is under way.
  ~ModerationGate();
  ModerationGate(const ModerationGate&) = delete;
  ModerationGate& operator=(const ModerationGate&) = delete;

  void check(std::string text);
  enum class Verdict : std::uint8_t { passed, waits, refused };
  /// Of all that was given so far; once refused, always refused.
  [[nodiscard]] Verdict look();
  /// How many passed, from the first on, when it was last looked.
  [[nodiscard]] std::size_t passed() const { return passed_; }

 private:
  struct Check {
    std::shared_ptr<model::ModerationCall> call;  // shared with the host while it works
    Instant deadline;
  };
  [[nodiscard]] bool is_refused(const Check& check, bool in_time);

  const Surroundings around_;
  const ModerationSettings settings_;
  const Source source_;
  std::deque<Check> checks_;
  std::size_t passed_ = 0;
  bool refused_ = false;
  exec::TimerService::Id timer_ = 0;
};

}  // namespace parley::agent
