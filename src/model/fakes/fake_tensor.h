// SPDX-License-Identifier: Apache-2.0
//
// A model that is a function of the test's.
// Threads: immutable, if the function is.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "model/tensor_model.h"

namespace parley::model {

class FakeTensorModel final : public TensorModel {
 public:
  using Run = std::function<Status(TensorCall&)>;

  FakeTensorModel(std::vector<TensorPort> inputs, std::vector<TensorPort> outputs, Run run)
      : inputs_(std::move(inputs)), outputs_(std::move(outputs)), run_(std::move(run)) {}

  [[nodiscard]] const std::vector<TensorPort>& inputs() const noexcept override { return inputs_; }
  [[nodiscard]] const std::vector<TensorPort>& outputs() const noexcept override {
    return outputs_;
  }
  void run(TensorCall& call) const noexcept override { call.status = run_(call); }

 private:
  const std::vector<TensorPort> inputs_;
  const std::vector<TensorPort> outputs_;
  const Run run_;
};

}  // namespace parley::model
