// SPDX-License-Identifier: Apache-2.0
//
// Silero VAD 6 (silero_vad_16k_op15.onnx; github.com/snakers4/silero-vad, MIT) on kernels of our
// own: windows of many streams at once, each stream's state in its call. Measured with AVX-512:
// 3.9 µs of CPU for a window in a batch of 12, 9 µs alone, where ONNX Runtime takes 32 and 65: its
// convolutions see 1 to 4 columns at a time, never the batch (bench/backend/silero). Within 1e-4 of
// its results over long streams; batched and single results are the same bit for bit.
//
// Threads: immutable; `infer` allocates nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "backend/silero/silero_kernel.h"
#include "base/result.h"
#include "model/vad_model.h"

namespace parley::backend {

class SileroVad final : public model::VadModel {
 public:
  /// not_found: no such file. data_corrupt: no ONNX file, damaged, or of another network.
  static Result<std::unique_ptr<SileroVad>> load(const std::string& file);

  /// With a kernel of one's own choice (silero_kernels()), for tests and benches.
  SileroVad(const SileroWeights& weights, const SileroKernel& kernel)
      : kernel_(kernel), weights_(weights, kernel.panel) {}

  void infer(std::span<model::VadCall* const> batch) noexcept override;
  [[nodiscard]] std::size_t batch_max() const noexcept override { return kSileroBatch; }

 private:
  void infer_part(std::span<model::VadCall* const> batch) const noexcept;

  const SileroKernel kernel_;
  const SileroPacked weights_;
};

}  // namespace parley::backend
