// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/token_sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace parley::backend {
namespace {

// Before the whole vocabulary is put to a grammar.
constexpr std::size_t kGateCandidates = 64;
// A run that repeats is looked for up to this length.
constexpr std::size_t kLoopTokensMax = 64;

Token best_of(std::span<const float> logits) {
  return static_cast<Token>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace

TokenSampler::TokenSampler(SamplerOptions options) : options_(options), random_(options.seed) {}

Token TokenSampler::choose(std::span<float> logits, std::span<const Token> recent,
                           TokenGate* gate) {
  if (gate == nullptr) penalise(logits, recent);
  const bool is_greedy = options_.temperature <= 0.0F;
  if (is_greedy) {
    const Token best = best_of(logits);
    if (gate == nullptr) return best;
    gate->test(std::span(&best, 1), allowed_);
    if (allowed_[0]) return best;
  }
  collect(logits, gate == nullptr ? options_.candidates_max : kGateCandidates);
  if (gate != nullptr && !filter(*gate)) {
    collect(logits, logits.size());
    if (!filter(*gate)) return -1;
  }
  return is_greedy ? candidates_.front().token : draw();
}

void TokenSampler::penalise(std::span<float> logits, std::span<const Token> recent) const {
  if (options_.repetition_penalty <= 1.0F) return;
  const std::size_t window = std::min(recent.size(), options_.penalty_window);
  std::vector<Token> used(recent.end() - static_cast<std::ptrdiff_t>(window), recent.end());
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  for (const Token token : used) {
    float& logit = logits[static_cast<std::size_t>(token)];
    logit = logit > 0 ? logit / options_.repetition_penalty : logit * options_.repetition_penalty;
  }
}

void TokenSampler::collect(std::span<const float> logits, std::size_t count) {
  count = std::max<std::size_t>(1, std::min(count, logits.size()));
  tokens_.resize(logits.size());
  std::iota(tokens_.begin(), tokens_.end(), 0);
  const auto logit_of = [&](Token token) { return logits[static_cast<std::size_t>(token)]; };
  // Equal logits in the order of their tokens: the same on every machine.
  const auto is_likelier = [&](Token a, Token b) {
    return logit_of(a) != logit_of(b) ? logit_of(a) > logit_of(b) : a < b;
  };
  const auto middle = tokens_.begin() + static_cast<std::ptrdiff_t>(count);
  if (middle != tokens_.end()) {
    std::nth_element(tokens_.begin(), middle, tokens_.end(), is_likelier);
  }
  std::sort(tokens_.begin(), middle, is_likelier);
  tokens_.resize(count);
  candidates_.clear();
  for (const Token token : tokens_) candidates_.push_back({token, logit_of(token)});
}

/// Keeps what the gate allows; false when that is nothing.
bool TokenSampler::filter(TokenGate& gate) {
  tokens_.clear();
  for (const Candidate& one : candidates_) tokens_.push_back(one.token);
  gate.test(tokens_, allowed_);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    if (allowed_[i]) candidates_[kept++] = candidates_[i];
  }
  candidates_.resize(kept);
  return kept > 0;
}

Token TokenSampler::draw() {
  if (candidates_.size() > options_.candidates_max) candidates_.resize(options_.candidates_max);
  std::vector<double> weights;
  double total = 0.0;
  for (const Candidate& one : candidates_) {
    weights.push_back(std::exp(static_cast<double>(one.logit - candidates_.front().logit) /
                               static_cast<double>(options_.temperature)));
    total += weights.back();
  }
  const double enough = total * static_cast<double>(options_.probability_max);
  double kept = 0.0;
  std::size_t count = 0;
  while (count < weights.size() && kept < enough) kept += weights[count++];
  double point = random_.uniform() * kept;
  for (std::size_t i = 0; i < count; ++i) {
    point -= weights[i];
    if (point < 0.0) return candidates_[i].token;
  }
  return candidates_.front().token;
}

bool is_looping(std::span<const Token> output, std::size_t times, std::size_t length_min) {
  for (std::size_t length = length_min; length <= kLoopTokensMax; ++length) {
    if (output.size() < length * times) return false;
    const std::span<const Token> tail = output.last(length * times);
    // Shifted by one run it is equal to itself exactly when the run repeats throughout.
    if (std::equal(tail.begin() + static_cast<std::ptrdiff_t>(length), tail.end(), tail.begin())) {
      return true;
    }
  }
  return false;
}

}  // namespace parley::backend
