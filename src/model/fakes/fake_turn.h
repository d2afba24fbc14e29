// SPDX-License-Identifier: Apache-2.0
//
// A turn model that knows its answers in advance: one after the other, the last one for ever.
//
// Threads: any.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <utility>
#include <vector>

#include "model/turn_model.h"

namespace parley::model {

class FakeTurnModel final : public TurnModel {
 public:
  /// Without answers everybody is done.
  explicit FakeTurnModel(std::vector<float> answers = {1.0F}) : answers_(std::move(answers)) {}

  void judge(TurnCall& call) noexcept override {
    call.probability = answers_[std::min(asked_.fetch_add(1), answers_.size() - 1)];
    call.status = {};
  }
  [[nodiscard]] std::size_t asked() const noexcept { return asked_.load(); }

 private:
  const std::vector<float> answers_;
  std::atomic<std::size_t> asked_{0};
};

}  // namespace parley::model
