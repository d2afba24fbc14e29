// SPDX-License-Identifier: Apache-2.0
//
// The two graphs of a Whisper, as tools/convert_whisper.py makes them (it says what goes in and
// out), and one recording on its way through them.
//
//   WhisperRun run(graphs, options);
//   PARLEY_TRY_STATUS(run.encode(features, frames));
//   PARLEY_TRY(auto scores, run.read(prompt));                        // a row for each token of it
//   while (...) { PARLEY_TRY(scores, run.step(search.beams())); ... } // a row for each beam
//
// Threads: WhisperGraphs immutable; WhisperRun one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend/onnx/beam_search.h"
#include "backend/onnx/ort_session.h"
#include "backend/onnx/ort_value.h"
#include "base/result.h"

namespace parley::backend {

class WhisperGraphs {
 public:
  /// `folder` holds encoder.onnx and decoder.onnx. Errors: those of InferenceSession::load, and
  /// data_corrupt when they do not fit together.
  static Result<WhisperGraphs> load(const std::string& folder);

  /// How many tokens the decoder can look at, the prompt's included.
  [[nodiscard]] std::size_t positions() const noexcept { return positions_; }
  /// What the decoder's file notes under `key`.
  [[nodiscard]] Result<std::string> metadata(const char* key) const {
    return decoder_.metadata(key);
  }

 private:
  friend class WhisperRun;
  WhisperGraphs(InferenceSession encoder, InferenceSession decoder)
      : encoder_(std::move(encoder)), decoder_(std::move(decoder)) {}
  Status name_values();

  InferenceSession encoder_;
  InferenceSession decoder_;
  std::size_t positions_ = 0;
  std::int64_t bins_ = 0;
  std::int64_t heads_ = 0;
  std::int64_t head_size_ = 0;
  bool aligns_ = false;                     // the decoder tells where it listens
  std::vector<std::string> cross_names_;    // key, value of each layer
  std::vector<std::string> past_names_;     // likewise
  std::vector<std::string> present_names_;  // likewise
};

class WhisperRun {
 public:
  WhisperRun(const WhisperGraphs& graphs, const OrtRunOptions* options)
      : graphs_(graphs), options_(options) {}

  /// `features`: bins before frames. Forgets what was read.
  Status encode(std::span<float> features, std::size_t frames);
  /// One row of tokens behind those that were read before. The scores after each of them, all ids
  /// in a row, valid until the next run.
  Result<std::span<const float>> read(std::span<const std::int64_t> tokens);
  /// The scores after each beam's last token, row by row; likewise.
  Result<std::span<const float>> step(std::span<const BeamSearch::Beam> beams);
  /// How much the decoder looked at each frame (20 ms) in `step` number `step` for that step's row,
  /// where step 0 is the last token of the last `read`; empty when it does not tell.
  [[nodiscard]] std::span<const float> attention(std::size_t step, std::size_t row) const;

 private:
  Result<std::span<const float>> run(std::span<const std::int64_t> tokens, std::size_t rows);

  const WhisperGraphs& graphs_;
  const OrtRunOptions* const options_;
  std::vector<OrtValuePtr> cross_;
  std::vector<OrtValuePtr> past_;
  std::size_t rows_ = 1;                // of past_
  OrtValuePtr scores_;                  // of the last run
  std::vector<OrtValuePtr> attention_;  // of the last read and each step after it
  float nothing_ = 0.0F;                // what empty tensors point at
};

}  // namespace parley::backend
