// SPDX-License-Identifier: Apache-2.0
//
// FSMN-VAD of FunASR at 16 kHz (ModelScope: speech_fsmn_vad_zh-cn-16k-common; Zhang et al., "Deep-
// FSMN for Large Vocabulary Continuous Speech Recognition", arXiv 1803.05030). Each 10 ms it says
// how likely that is silence.
//
//   speech [1, frames, 400], in_cache0 … in_cache3 [1, 128, 19, 1]
//     → posteriors [1, frames, 248] (the first is silence's), the caches for the next frames
//
// As a VadModel: a window completes 3 or 4 frames (the first one none), whose middles lie 32 to 73
// ms before its end, since a frame is 25 ms long and the model looks two frames ahead: the answer
// is one window late. The probability is that of speech in the frames' mean, its odds divided by 4:
// 0.5 is then FunASR's own threshold, speech - silence >= 0.6. The file takes one stream at a time:
// the windows of a batch run one after the other, each as if alone.
//
// Threads: immutable; several threads may infer at once. Allocates.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend/onnx/fsmn_features.h"
#include "backend/onnx/fsmn_segmenter.h"
#include "backend/onnx/ort_session.h"
#include "base/result.h"
#include "model/vad_model.h"

namespace parley::backend {

inline constexpr std::size_t kFsmnCaches = 4;
inline constexpr std::size_t kFsmnCacheFloats = std::size_t{128} * 19;

using FsmnCaches = std::array<std::array<float, kFsmnCacheFloats>, kFsmnCaches>;  // 39 KB

class FsmnVad final : public model::VadModel {
 public:
  static constexpr std::size_t kBatchMax = 16;

  /// `folder` has am.mvn and fsmnvad-online.onnx, or model.onnx as ModelScope calls it.
  /// not_found: it has not. data_corrupt: a file is damaged, or another model.
  static Result<std::unique_ptr<FsmnVad>> load(const std::string& folder);

  void infer(std::span<model::VadCall* const> batch) noexcept override;
  [[nodiscard]] std::size_t batch_max() const noexcept override { return kBatchMax; }

  /// Posterior of silence of each frame of a whole recording, mono, 16 kHz, [-1, 1].
  [[nodiscard]] Result<std::vector<float>> silence(std::span<const float> samples) const;
  /// Where somebody speaks in it.
  [[nodiscard]] Result<std::vector<FsmnSegment>> segments(
      std::span<const float> samples, const FsmnSegmenterOptions& options = {}) const;

 private:
  FsmnVad(InferenceSession session, FsmnFeatures features)
      : session_(std::move(session)), features_(std::move(features)) {}
  Status hear(model::VadCall& call, FsmnFeatures& features, std::vector<float>& rows) const;
  /// Appends the posterior of silence of each of `rows` to `out`; `caches` is left as it was when
  /// that fails.
  Status run(std::span<float> rows, FsmnCaches& caches, std::vector<float>& out) const;

  const InferenceSession session_;
  const FsmnFeatures features_;  // copied for each batch: it has a work space
};

}  // namespace parley::backend
