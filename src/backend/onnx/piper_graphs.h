// SPDX-License-Identifier: Apache-2.0
//
// The three graphs into which tools/convert_piper.py cuts a Piper voice (VITS):
//
//   encoder    ids → how long each of them lasts, and the mean and spread of each frame's prior
//   flow       prior → latent         convolutions: any window of frames, with a margin around it
//   generator  latent → samples       likewise (HiFi-GAN)
//
// How wide the margins are is in the files. A window with its margins gives the samples that the
// whole would give, to the last bits of a float.
// Threads: immutable; several threads may run them at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backend/onnx/ort_session.h"
#include "base/result.h"

namespace parley::backend {

class PiperGraphs {
 public:
  struct Text {
    std::span<std::int64_t> ids;
    std::array<float, 3> scales;          // of the latent's noise, of the durations, of their noise
    std::span<float> noise;               // standard normal, kDurationChannels for each id
    std::optional<std::int64_t> speaker;  // where the voice has several
  };
  struct Encoded {
    OrtValuePtr mean;              // [1, channels, frames]
    OrtValuePtr spread;            // likewise
    OrtValuePtr speaker;           // what the other graphs need to know of the speaker; may be null
    std::vector<float> durations;  // of each id, in frames
    std::size_t channels = 0;
    std::size_t frames = 0;
  };
  /// The generator works at a rising rate. Before each rise, and at the end, what the rest does not
  /// need is cut off.
  struct Level {
    std::size_t margin = 0;  // frames to be kept on both sides of a window
    std::size_t rate = 0;    // samples per frame
  };
  static constexpr std::size_t kDurationChannels = 2;

  /// `folder` holds encoder.onnx, flow.onnx and generator.onnx.
  /// Errors: not_found, data_corrupt.
  static Result<PiperGraphs> load(const std::string& folder, bool has_speakers);

  [[nodiscard]] Result<Encoded> encode(const OrtRunOptions* options, Text text) const;
  /// `prior`: channels rows of one window. The latent has the same shape.
  [[nodiscard]] Result<OrtValuePtr> flow(const OrtRunOptions* options, std::span<float> prior,
                                         std::size_t channels, const OrtValue* speaker) const;
  /// `latent`: channels rows of a window of `before` + `count` + `after` frames; gives the samples
  /// of the `count`. A margin may be less than `margin()` only where the sentence begins or ends.
  [[nodiscard]] Result<OrtValuePtr> generate(const OrtRunOptions* options, std::span<float> latent,
                                             std::size_t channels, std::size_t before,
                                             std::size_t count, std::size_t after,
                                             const OrtValue* speaker) const;

  [[nodiscard]] std::size_t flow_margin() const noexcept { return flow_margin_; }
  [[nodiscard]] std::size_t margin() const noexcept { return margin_; }  // of the generator
  [[nodiscard]] std::size_t frame_samples() const noexcept { return levels_.back().rate; }

 private:
  PiperGraphs(InferenceSession encoder, InferenceSession flow, InferenceSession generator)
      : encoder_(std::move(encoder)), flow_(std::move(flow)), generator_(std::move(generator)) {}
  Status read_margins();

  InferenceSession encoder_;
  InferenceSession flow_;
  InferenceSession generator_;
  std::size_t flow_margin_ = 0;
  std::size_t margin_ = 0;
  std::vector<Level> levels_;  // never empty
};

}  // namespace parley::backend
