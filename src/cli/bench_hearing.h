// SPDX-License-Identifier: Apache-2.0
//
// What `parley bench talk` hears for itself, with models of its own process: before it measures,
// which clips a session hears as one turn; afterwards, what the replies said. Not in between, where
// it would compete with the server.
//
// Threads: one owner, which it blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "cli/bench_clips.h"
#include "server/engine.h"
#include "service/recognition/recognition_service.h"

namespace parley::cli {

class BenchHearing {
 public:
  /// Errors: a model that is missing.
  static Result<std::unique_ptr<BenchHearing>> load(const Config& config);

  /// The clips that are one turn, which ends with the clip: in the others a pause as long as
  /// `silence` would be answered, or their last words are too soft to count. Errors: not_found when
  /// none is.
  [[nodiscard]] Result<std::vector<BenchClip>> one_turn_clips(std::vector<BenchClip> clips,
                                                              Millis silence);
  /// `samples`: at kBenchRate.
  [[nodiscard]] Result<std::string> transcribe(std::span<const std::int16_t> samples);

 private:
  explicit BenchHearing(const Config& config);

  Metrics metrics_;
  service::RecognitionRequest request_;
  std::unique_ptr<server::Engine> engine_;
  std::optional<service::RecognitionService> service_;  // while there is an engine
};

}  // namespace parley::cli
