// SPDX-License-Identifier: Apache-2.0
//
// `parley bench talk` once the server is there and the clips are loaded: makes the talkers, runs
// them, collects what they saw.
//
// Threads: one owner, which it blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"
#include "cli/bench_clips.h"
#include "cli/bench_report.h"
#include "cli/bench_socket.h"

namespace parley::cli {

struct BenchTalkOptions {
  std::size_t sessions = 1;          // at one time
  int turns = 0;                     // of each session; 0: until `duration` is over
  std::chrono::seconds duration{0};  // no question begins after it; 0: no limit
  Millis pause{2000};                // between a reply's end and the next question
  Millis settle{3000};               // before memory is read: replies give back what they took
  Millis spread{4000};               // over which the sessions open
  int instructions_tokens = 0;       // about as many, in a session.update; 0: the server's own
  int max_output_tokens = 40;
  int silence_ms = 0;  // of turn detection; 0: the server's own
  bool code_words = false;
  std::uint64_t seed = 1;
};

/// English of about `tokens` tokens that tells the model how to speak.
[[nodiscard]] std::string bench_instructions(int tokens);
/// The session.update event of one session.
[[nodiscard]] std::string bench_update(const BenchTalkOptions& options, std::size_t session);

using BenchStop = std::function<bool()>;

/// A closed loop: every session asks, listens, rests, asks again.
[[nodiscard]] Result<BenchResult> bench_talk(const BenchTarget& target,
                                             const std::vector<BenchClip>& clips,
                                             const BenchTalkOptions& options,
                                             const BenchStop& stopped);

/// `idle` sessions that ask once each, options.sessions at one time, and then stay open while the
/// memory of the server, process `pid`, is read.
[[nodiscard]] Result<BenchResult> bench_idle(const BenchTarget& target,
                                             const std::vector<BenchClip>& clips,
                                             const BenchTalkOptions& options, std::size_t idle,
                                             pid_t pid, const BenchStop& stopped);

}  // namespace parley::cli
