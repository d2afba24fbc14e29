// SPDX-License-Identifier: Apache-2.0
//
// What `parley bench streams` has measured, as a table for people and as JSON.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/bench_streams.h"

namespace parley::cli {

struct StreamsReport {
  double speech_share = 0;  // of what is played
  std::size_t tracks = 0;
  double track_seconds = 0;  // all of them together
  std::vector<StreamsResult> runs{};
  std::optional<std::size_t> streams_max{};  // of --find
};

/// Every run passed; of --find: some did.
[[nodiscard]] bool streams_passed(const StreamsReport& report);
/// One run, as it is told when it is over.
[[nodiscard]] std::string streams_table(const StreamsResult& result);
/// What is played.
[[nodiscard]] std::string streams_head(const StreamsReport& report);
[[nodiscard]] std::string streams_json(const StreamsReport& report);

}  // namespace parley::cli
