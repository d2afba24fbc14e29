// SPDX-License-Identifier: Apache-2.0
//
// Voice activity detection: one shared, immutable model; what a stream remembers is in its call.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "base/result.h"
#include "model/call.h"
#include "model/host_load.h"
#include "model/sample_slices.h"

namespace parley::model {

/// Silero 6 at 16 kHz: windows of 512 samples (32 ms), 64 samples of left context.
inline constexpr std::size_t kVadWindowSamples = 512;
inline constexpr std::size_t kVadContextSamples = 64;
inline constexpr std::size_t kVadHiddenFloats = 256;  // two vectors of 128
inline constexpr int kVadRate = 16'000;

/// What a model keeps of a stream beyond the plain floats of VadState; the model knows its type.
class VadMemory {
 public:
  virtual ~VadMemory() = default;
};

/// Opaque to everybody but the model. A default one is the beginning of a stream.
struct VadState {
  std::array<float, kVadHiddenFloats> hidden{};
  std::array<float, kVadContextSamples> context{};
  std::unique_ptr<VadMemory> memory;  // made by the model that needs it, with the first window
};

/// One window of one stream. `state` stays with the call: a stream keeps one call and reuses it.
struct VadCall final : Call {
  // in: float32 in [-1, 1], in the stream's own frames; without slices, in `window`
  SampleSlices slices;
  std::array<float, kVadWindowSamples> window{};
  VadState state;            // in, out
  float probability = 0.0F;  // out: speech in this window, [0, 1]
  Status status;             // out

  /// The window, for a model that gathers a batch.
  void copy_window(std::span<float, kVadWindowSamples> out) const {
    if (slices.empty()) {
      std::copy(window.begin(), window.end(), out.begin());
    } else {
      slices.copy_to(out);
    }
  }
};

/// Threads: any, several at once with batches of their own; the model is immutable.
class VadModel {
 public:
  virtual ~VadModel() = default;
  /// Runs the windows of all calls as one batch; fills probability, state and status of each.
  /// Batched and single results are the same bit for bit.
  virtual void infer(std::span<VadCall* const> batch) noexcept = 0;
  [[nodiscard]] virtual std::size_t batch_max() const noexcept { return 16; }
};

/// Where sessions submit; see model_host.h for the batching implementation.
class VadHost {
 public:
  virtual ~VadHost() = default;
  /// False when the host's queue is full (counted); the call is then not in flight. Threads: any.
  virtual bool submit(std::shared_ptr<VadCall> call) noexcept = 0;
  [[nodiscard]] virtual HostLoad load() const noexcept { return {}; }
};

}  // namespace parley::model
