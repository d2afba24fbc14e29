// SPDX-License-Identifier: Apache-2.0
//
// The weights of Silero VAD at 16 kHz (silero_vad_16k_op15.onnx of versions 5 and 6), as the file
// has them. The network, for one window of 576 samples (64 of them the window before's):
//
//   64 more samples by reflection at the end; 4 frames of 256, one every 128; Hann window, DFT,
//   magnitude of 129 bins
//   convolution of 3 frames, ReLU:  129 → 128, every frame → 4
//                                   128 →  64, every second → 2
//                                    64 →  64, every second → 1
//                                    64 → 128 → 1
//   LSTM 128 → ReLU → one dot product → sigmoid
//
// Threads: immutable.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace parley::backend {

inline constexpr std::size_t kSileroFrame = 256;  // samples
inline constexpr std::size_t kSileroHop = 128;
inline constexpr std::size_t kSileroBins = kSileroFrame / 2 + 1;
inline constexpr std::size_t kSileroHidden = 128;
inline constexpr std::size_t kSileroGates = 4 * kSileroHidden;
inline constexpr std::size_t kSileroTaps = 3;

/// A convolution's weights as [to][from][tap].
struct SileroLayer {
  std::size_t from = 0;
  std::size_t to = 0;
  std::vector<float> weights{};
  std::vector<float> bias{};
};

struct SileroWeights {
  std::vector<float> window{};  // of a frame: [256]
  SileroLayer encoder[4] = {{kSileroBins, 128}, {128, 64}, {64, 64}, {64, 128}};
  // PyTorch's order of the gates: input, forget, cell, output.
  std::vector<float> input_weights{};   // [512][128]
  std::vector<float> hidden_weights{};  // [512][128]
  std::vector<float> gate_bias{};       // [512], of input and hidden together
  std::vector<float> out_weights{};     // [128]
  float out_bias = 0;
};

/// data_corrupt: no ONNX file, damaged, or of another network. The message does not name the file.
[[nodiscard]] Result<SileroWeights> read_silero_weights(std::string_view bytes);

}  // namespace parley::backend
