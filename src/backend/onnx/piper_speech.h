// SPDX-License-Identifier: Apache-2.0
//
// A sentence on its way from frames to sound: what a Piper voice keeps between two steps.
//
// Noise, flow and generator run window by window, each only as far as the next samples need it.
// Costs 2.3 KB per frame (86 frames are a second), so 4.7 MB for the longest sentence of 24 s; half
// of that is given back when the flow is through.
// Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/onnx/piper_graphs.h"
#include "base/random.h"
#include "base/result.h"
#include "media/buffer_pool.h"
#include "model/tts_model.h"

namespace parley::backend {

class PiperSpeech final : public model::TtsState {
 public:
  /// `graphs` outlives this. The same `seed` gives the same samples, however they are windowed.
  PiperSpeech(const PiperGraphs& graphs, PiperGraphs::Encoded encoded, std::uint64_t seed);

  [[nodiscard]] std::size_t frames() const noexcept { return encoded_.frames; }
  [[nodiscard]] std::size_t frames_made() const noexcept { return frames_made_; }
  [[nodiscard]] std::size_t frames_left() const noexcept { return frames() - frames_made_; }

  /// The samples of the next frames, as many as `out` holds: a whole number, at most those left.
  [[nodiscard]] Status make(const OrtRunOptions* options, std::span<float> out);

  media::BufferRef whole;  // what a call that does not stream will get

 private:
  Status flow_until(const OrtRunOptions* options, std::size_t frame);
  Status add_noise_until(std::size_t frame);

  const PiperGraphs& graphs_;
  PiperGraphs::Encoded encoded_;  // its mean becomes the prior, from the first frame on
  Random noise_;
  std::vector<float> latent_;  // channels rows of frames
  std::size_t frames_noisy_ = 0;
  std::size_t frames_flowed_ = 0;
  std::size_t frames_made_ = 0;
};

}  // namespace parley::backend
