// SPDX-License-Identifier: Apache-2.0
//
// `parley bench streams`: how many live streams one machine can listen to at once. Each is 20 ms
// frames of 24 kHz audio in real time, resampled, its windows inferred in batches across streams,
// its turns found: the listening half of a session without recognition, on the engine of the server
// (server/engine.h), in this process and without sockets.
//
// Threads: main; the source has one of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "base/result.h"
#include "cli/stream_tracks.h"

namespace parley::cli {

/// What a stream's frame may take, at the 99th percentile: the time until the next one comes.
inline constexpr double kStreamDelayMsMax = 20.0;

struct BenchStreamsOptions {
  std::size_t streams = 1000;
  int seconds = 20;  // that count; the warm-up before does not
};

struct StreamsStage {
  std::string name;
  double cores = 0;  // CPU seconds per second
};

/// One run.
struct StreamsResult {
  std::size_t streams = 0;
  double seconds = 0;
  std::uint64_t frames = 0;
  std::uint64_t processed = 0;
  std::uint64_t dropped = 0;  // frames that found a full mailbox, or were never processed
  double delay_p50_ms = 0;
  double delay_p99_ms = 0;
  double delay_max_ms = 0;
  double late_p50_ms = 0;  // the source's own
  double late_p99_ms = 0;
  double engine_cores = 0;
  double source_cores = 0;
  double other_cores = 0;               // other processes: what the streams could not have
  std::vector<StreamsStage> threads{};  // engine_cores by thread
  std::vector<StreamsStage> stages{};   // what the workers and the detector do
  double bytes_per_stream = 0;
  std::uint64_t windows = 0;  // that the detector heard
  double batch_mean = 0;
  std::uint64_t slices = 0;
  std::uint64_t turns = 0;
  std::uint64_t errors = 0;

  [[nodiscard]] bool passed() const {
    return processed > 0 && dropped == 0 && errors == 0 && delay_p99_ms <= kStreamDelayMsMax;
  }
};

/// Engine and tracks, loaded once for many runs.
class BenchStreams {
 public:
  /// Errors: a model that is missing.
  static Result<std::unique_ptr<BenchStreams>> load(const Config& config,
                                                    std::vector<StreamTrack> tracks);
  ~BenchStreams();

  /// Plays the streams in real time and measures. Errors: what opening a stream says.
  [[nodiscard]] Result<StreamsResult> run(const BenchStreamsOptions& options,
                                          const std::function<bool()>& stopped);

 private:
  struct Parts;
  explicit BenchStreams(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// The most streams of which `run` says that they pass, to within 2 %: grows or shrinks from
/// `first`, then halves the interval. `run` is not asked for more than `max`. 0: not even one.
[[nodiscard]] Result<std::size_t> find_streams_max(
    std::size_t first, std::size_t max, const std::function<Result<bool>(std::size_t)>& run);

}  // namespace parley::cli
