// SPDX-License-Identifier: Apache-2.0
//
// What `parley bench talk` has measured, as figures, as a table for people and as JSON.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/bench_talker.h"

namespace parley::cli {

/// Times in ms of one kind.
struct BenchFigure {
  std::string name;   // of the JSON field
  std::string label;  // for people
  std::vector<double> ms{};

  /// The nearest rank: a time that was measured. `share` in [0, 1]; 0 without times.
  [[nodiscard]] double percentile(double share) const;
};

struct BenchCodeWords {
  std::size_t checked = 0;  // replies whose audio was transcribed
  struct Wrong {
    std::size_t session = 0;
    int turn = 0;
    std::string why{};
  };
  std::vector<Wrong> wrong{};
};

struct BenchMemory {
  std::size_t sessions = 0;
  std::uint64_t before_bytes = 0;  // after a first session came and went
  std::uint64_t after_bytes = 0;   // with all of them idle
  [[nodiscard]] double bytes_per_session() const {
    return (static_cast<double>(after_bytes) - static_cast<double>(before_bytes)) /
           static_cast<double>(sessions);
  }
};

struct BenchResult {
  std::size_t sessions = 0;
  double seconds = 0;
  std::vector<BenchTurn> turns{};
  std::optional<protocol::LlmInfo> llm{};
  double late_p50_ms = 0;
  double late_p99_ms = 0;
  std::uint64_t frames = 0;
  std::optional<BenchCodeWords> code_words{};
  std::optional<BenchMemory> memory{};
};

/// A generator that is later than this blames the server for its own delay; the report says so.
inline constexpr double kLateMsMax = 5.0;

/// The three times that are always told; the second one both as the client and as the server saw
/// it. Turns without an answer and split ones do not count.
[[nodiscard]] std::vector<BenchFigure> bench_figures(std::span<const BenchTurn> turns);
/// Where the time goes, stage by stage, by the server's own times; `delivery` is the rest until the
/// client has the audio.
[[nodiscard]] std::vector<BenchFigure> bench_waterfall(std::span<const BenchTurn> turns);

/// Every turn was answered, and with the right code word.
[[nodiscard]] bool bench_passed(const BenchResult& result);
[[nodiscard]] std::string bench_table(const BenchResult& result);
[[nodiscard]] std::string bench_json(const BenchResult& result);

}  // namespace parley::cli
