// SPDX-License-Identifier: Apache-2.0
#include "operators/decode/ctc_greedy.h"

#include <algorithm>

namespace parley::operators {

CtcGreedy::CtcGreedy(std::int32_t blank, std::size_t labels_max)
    : blank_(blank), labels_max_(labels_max) {
  labels_.reserve(labels_max);
}

void CtcGreedy::advance(std::span<const float> log_probabilities) noexcept {
  if (log_probabilities.empty()) return;
  const auto best = std::max_element(log_probabilities.begin(), log_probabilities.end());
  const auto token = static_cast<std::int32_t>(best - log_probabilities.begin());
  if (token != last_ && token != blank_ && labels_.size() < labels_max_) labels_.push_back(token);
  last_ = token;
}

void CtcGreedy::best(std::vector<std::int32_t>& labels, bool) const {
  labels.assign(labels_.begin(), labels_.end());
}

void CtcGreedy::reset() noexcept {
  labels_.clear();
  last_ = -1;
}

}  // namespace parley::operators
