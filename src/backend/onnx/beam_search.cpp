// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/beam_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "backend/kernel_math.h"
#include "backend/onnx/repetition.h"
#include "base/check.h"

namespace parley::backend {
namespace {

constexpr std::size_t kLanes = 4;

/// log Σ exp(x), to about 1e-6: a vocabulary of 32,768 is summed up for each beam at each step.
double log_sum_exp(std::span<const float> row) {
  const float top = *std::ranges::max_element(row);
  Simd<kLanes>::Vec sums{};
  std::size_t i = 0;
  for (; i + kLanes <= row.size(); i += kLanes) {
    sums += exponential<kLanes>(load<kLanes>(row.data() + i) - top);
  }
  float sum = 0.0F;
  for (std::size_t lane = 0; lane < kLanes; ++lane) sum += sums[lane];
  for (; i < row.size(); ++i) sum += std::exp(row[i] - top);
  return static_cast<double>(top + std::log(sum));
}

}  // namespace

void BeamSearch::advance(std::span<const float> scores, std::size_t vocabulary) {
  PARLEY_CHECK(scores.size() == beams_.size() * vocabulary && vocabulary > 0);
  candidates_.clear();
  for (std::size_t i = 0; i < beams_.size(); ++i) {
    collect(scores.subspan(i * vocabulary, vocabulary), i);
  }
  std::vector<Beam> next;
  for (const Candidate& candidate : candidates_) {
    if (candidate.score < candidates_.front().score - static_cast<double>(options_.margin)) break;
    const Beam& from = beams_[candidate.row];
    HotWordTrie::Step step;
    if (options_.hot_words != nullptr) step = options_.hot_words->step(from.state, candidate.token);
    const Choice choice{candidate.row, candidate.score - from.score - step.bonus};
    Beam beam{candidate.row, from.tokens, candidate.score, from.choices, step.next};
    if (candidate.token == options_.end) {
      finish(beam, choice, Ending::token);
      continue;
    }
    beam.tokens.push_back(candidate.token);
    beam.choices.push_back(choice);
    const std::size_t repeated = repeated_tail(beam.tokens);
    if (repeated > 0) {
      const Choice last = beam.choices[beam.tokens.size() - repeated];
      beam.tokens.resize(beam.tokens.size() - repeated);
      beam.choices.resize(beam.tokens.size());
      finish(beam, last, Ending::loop);
      continue;
    }
    if (beam.tokens.size() >= options_.tokens_max) {
      finish(beam, choice, Ending::limit);
      continue;
    }
    next.push_back(std::move(beam));
  }
  beams_ = std::move(next);
  stop_when_decided();
}

/// Keeps the best `width` ways to go on, over all rows.
void BeamSearch::collect(std::span<const float> row, std::size_t index) {
  const double offset = beams_[index].score - log_sum_exp(row);
  if (options_.hot_words != nullptr) {
    leaned_.resize(row.size());
    options_.hot_words->lean(beams_[index].state, row, leaned_);
    row = leaned_;
  }
  // Nearly no token comes near: what is below this is not looked at.
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  const auto floor_of = [&] {
    const bool is_full = candidates_.size() == options_.width;
    return is_full ? static_cast<float>(candidates_.back().score - offset) : kNone;
  };
  float floor = floor_of();
  for (std::size_t token = 0; token < row.size(); ++token) {
    if (row[token] < floor) continue;
    const double score = offset + static_cast<double>(row[token]);
    const bool is_full = candidates_.size() == options_.width;
    if (is_full && score <= candidates_.back().score) continue;
    if (is_full) candidates_.pop_back();
    const auto at =
        std::ranges::upper_bound(candidates_, score, std::ranges::greater(), &Candidate::score);
    candidates_.insert(at, {index, static_cast<std::int64_t>(token), score});
    floor = floor_of();
  }
}

/// The end token counts as one of the answer's.
void BeamSearch::finish(const Beam& beam, const Choice& last, Ending ending) {
  const double per_token = beam.score / static_cast<double>(beam.tokens.size() + 1);
  if (has_best_ && per_token <= best_score_) return;
  has_best_ = true;
  best_score_ = per_token;
  best_ = beam.tokens;
  best_choices_ = beam.choices;
  best_choices_.push_back(last);
  best_ending_ = ending;
}

/// No beam is as likely, per token, as the best answer: following it would be in vain.
void BeamSearch::stop_when_decided() {
  if (!has_best_) return;
  const bool is_open = std::ranges::any_of(beams_, [this](const Beam& beam) {
    return beam.score / static_cast<double>(beam.tokens.size()) > best_score_;
  });
  if (!is_open) beams_.clear();
}

}  // namespace parley::backend
