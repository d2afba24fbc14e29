// SPDX-License-Identifier: Apache-2.0
//
// Any ONNX file as a model::TensorModel: names, types and shapes are the file's own.
//
// Inputs are looked at where they lie; outputs of a shape that the file fixes are written into
// pooled buffers by the runtime itself, others are copied once.
// Threads: immutable; several threads may run it at once. The pool outlives it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/onnx/ort_session.h"
#include "media/buffer_pool.h"
#include "model/tensor_model.h"

namespace parley::backend {

class OnnxTensorModel final : public model::TensorModel {
 public:
  /// Errors: not_found, data_corrupt (not a model, damaged), invalid_argument (an input or output
  /// that is no tensor, of a type or rank that frames do not have).
  static Result<std::unique_ptr<model::TensorModel>> load(const std::string& file,
                                                          media::BufferPool& buffers,
                                                          const model::Placement& placement = {});

  [[nodiscard]] const std::vector<model::TensorPort>& inputs() const noexcept override {
    return inputs_;
  }
  [[nodiscard]] const std::vector<model::TensorPort>& outputs() const noexcept override {
    return outputs_;
  }
  void run(model::TensorCall& call) const noexcept override;

 private:
  OnnxTensorModel(InferenceSession session, media::BufferPool& buffers);
  Status run_checked(model::TensorCall& call) const;
  [[nodiscard]] Error about(const model::TensorPort& port, const std::string& what) const;

  const InferenceSession session_;
  media::BufferPool& buffers_;
  std::vector<model::TensorPort> inputs_;
  std::vector<model::TensorPort> outputs_;
  std::vector<const char*> input_names_;
  std::vector<const char*> output_names_;
};

}  // namespace parley::backend
