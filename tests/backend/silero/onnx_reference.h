// SPDX-License-Identifier: Apache-2.0
//
// The same model file run by ONNX Runtime: what our kernels are compared with, in tests and
// benches.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "backend/onnx/ort_session.h"
#include "base/result.h"
#include "model/vad_model.h"

namespace parley::backend {

class OnnxReferenceVad final : public model::VadModel {
 public:
  static constexpr std::size_t kBatchMax = 16;

  static Result<std::unique_ptr<OnnxReferenceVad>> load(const std::string& file);

  void infer(std::span<model::VadCall* const> batch) noexcept override;
  [[nodiscard]] std::size_t batch_max() const noexcept override { return kBatchMax; }

 private:
  explicit OnnxReferenceVad(InferenceSession session) : session_(std::move(session)) {}
  Status infer_part(std::span<model::VadCall* const> batch) const;

  const InferenceSession session_;
};

}  // namespace parley::backend
