// SPDX-License-Identifier: Apache-2.0
#include "operators/decode/wfst_decoder.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "base/check.h"

namespace parley::operators {
namespace {

constexpr float kInfinite = std::numeric_limits<float>::infinity();
constexpr std::int32_t kFree = -1;
// A graph with a circle of epsilon arcs that pays would be followed for ever: after so many steps
// per token it is left.
constexpr std::size_t kEpsilonSteps = 64;

std::size_t hash(std::int32_t state) {
  return static_cast<std::size_t>(static_cast<std::uint32_t>(state)) * 0x9E3779B97F4A7C15U >> 20U;
}

}  // namespace

WfstDecoder::WfstDecoder(std::shared_ptr<const FstGraph> graph, std::size_t tokens,
                         const WfstOptions& options)
    : graph_(std::move(graph)), tokens_(tokens), options_(options), history_(options.labels_max) {
  PARLEY_CHECK(static_cast<std::size_t>(graph_->input_max()) <= tokens);
  PARLEY_CHECK(options.active_max >= 1 && options.active_max <= kActiveMax);
  const std::size_t capacity =
      std::min(static_cast<std::size_t>(options.active_max) * kTokensPerActive, graph_->states());
  now_.prepare(capacity);
  next_.prepare(capacity);
  costs_.reserve(capacity);
  waiting_.reserve(capacity);
  reset();
}

void WfstDecoder::reset() noexcept {
  now_.clear();
  next_.clear();
  history_.clear();
  next_best_ = kInfinite;
  pass(graph_->start(), 0.0F, History::kNone, 0);
  follow_epsilons();
  swap_tables();
}

void WfstDecoder::advance(std::span<const float> log_probabilities) noexcept {
  PARLEY_CHECK(log_probabilities.size() == tokens_);
  ++counters_.rows;
  const float limit = cutoff();
  next_best_ = kInfinite;
  for (const Token& token : now_.tokens) {
    if (token.cost > limit) continue;
    for (const FstGraph::Arc& arc : graph_->arcs_of(token.state)) {
      if (arc.input == 0) continue;
      const float score = log_probabilities[static_cast<std::size_t>(arc.input) - 1];
      const float cost = token.cost + arc.cost - options_.scale * score;
      // Also what is no number ends here.
      if (!(cost < next_best_ + options_.beam)) continue;
      pass(arc.next, cost, token.history, arc.output);
    }
  }
  follow_epsilons();
  if (next_.tokens.empty()) {
    ++counters_.misfits;
    return;
  }
  swap_tables();
}

/// Costs above it do not go on: by the beam, and by the number that may.
float WfstDecoder::cutoff() noexcept {
  costs_.clear();
  float best = kInfinite;
  for (const Token& token : now_.tokens) {
    costs_.push_back(token.cost);
    best = std::min(best, token.cost);
  }
  float limit = best + options_.beam;
  const auto most = static_cast<std::size_t>(options_.active_max);
  if (costs_.size() > most) {
    const auto nth = costs_.begin() + static_cast<std::ptrdiff_t>(most - 1);
    std::nth_element(costs_.begin(), nth, costs_.end());
    if (*nth < limit) {
      counters_.pruned += costs_.size() - most;
      limit = *nth;
    }
  }
  return limit;
}

bool WfstDecoder::pass(std::int32_t state, float cost, History::Link from,
                       std::int32_t output) noexcept {
  std::int32_t* const slot = next_.find(state);
  if (*slot == kFree && next_.tokens.size() == next_.tokens.capacity()) {
    ++counters_.pruned;
    return false;
  }
  if (*slot != kFree && next_.tokens[static_cast<std::size_t>(*slot)].cost <= cost) return false;
  History::Link history = from;
  history_.hold(history);
  if (output != 0) {
    history = history_.add(history, output);
    if (history == History::kNone) {
      ++counters_.lost;
      return false;
    }
  }
  next_best_ = std::min(next_best_, cost);
  if (*slot == kFree) {
    *slot = static_cast<std::int32_t>(next_.tokens.size());
    next_.tokens.push_back({.state = state, .cost = cost, .history = history, .is_waiting = false});
    return true;
  }
  Token& token = next_.tokens[static_cast<std::size_t>(*slot)];
  history_.release(token.history);
  token.cost = cost;
  token.history = history;
  return true;
}

void WfstDecoder::follow_epsilons() noexcept {
  waiting_.clear();
  for (std::size_t i = 0; i < next_.tokens.size(); ++i) {
    waiting_.push_back(static_cast<std::int32_t>(i));
    next_.tokens[i].is_waiting = true;
  }
  std::size_t steps = 0;
  const std::size_t steps_max = kEpsilonSteps * next_.tokens.capacity();
  while (!waiting_.empty() && steps < steps_max) {
    const auto index = static_cast<std::size_t>(waiting_.back());
    waiting_.pop_back();
    next_.tokens[index].is_waiting = false;
    const Token token = next_.tokens[index];
    if (token.cost > next_best_ + options_.beam) continue;
    history_.hold(token.history);  // `pass` may replace the token that we stand on
    for (const FstGraph::Arc& arc : graph_->arcs_of(token.state)) {
      if (arc.input != 0) continue;
      ++steps;
      const float cost = token.cost + arc.cost;
      if (!(cost < next_best_ + options_.beam)) continue;
      if (!pass(arc.next, cost, token.history, arc.output)) continue;
      const std::int32_t reached = *next_.find(arc.next);
      Token& there = next_.tokens[static_cast<std::size_t>(reached)];
      if (!there.is_waiting) waiting_.push_back(reached);
      there.is_waiting = true;
    }
    history_.release(token.history);
  }
}

void WfstDecoder::swap_tables() noexcept {
  for (const Token& token : now_.tokens) history_.release(token.history);
  now_.clear();
  std::swap(now_, next_);
}

const WfstDecoder::Token* WfstDecoder::best_token(bool is_final) const noexcept {
  const Token* best = nullptr;
  float best_cost = kInfinite;
  for (const Token& token : now_.tokens) {
    const float cost = token.cost + (is_final ? graph_->final_cost(token.state) : 0.0F);
    if (cost >= best_cost) continue;
    best = &token;
    best_cost = cost;
  }
  return best;
}

void WfstDecoder::best(std::vector<std::int32_t>& labels, bool is_final) const {
  labels.clear();
  const Token* token = best_token(is_final);
  if (token == nullptr && is_final) token = best_token(false);
  if (token != nullptr) history_.read(token->history, labels);
}

float WfstDecoder::best_cost(bool is_final) const noexcept {
  const Token* const token = best_token(is_final);
  if (token == nullptr) return kInfinite;
  return token->cost + (is_final ? graph_->final_cost(token->state) : 0.0F);
}

void WfstDecoder::Table::prepare(std::size_t capacity) {
  tokens.reserve(capacity);
  slots.assign(std::bit_ceil(2 * capacity), kFree);
}

/// Where the state's token is, or where it would go.
std::int32_t* WfstDecoder::Table::find(std::int32_t state) noexcept {
  const std::size_t mask = slots.size() - 1;
  std::size_t slot = hash(state) & mask;
  while (slots[slot] != kFree && tokens[static_cast<std::size_t>(slots[slot])].state != state) {
    slot = (slot + 1) & mask;
  }
  return &slots[slot];
}

void WfstDecoder::Table::clear() noexcept {
  if (tokens.size() * 4 > slots.size()) {
    std::fill(slots.begin(), slots.end(), kFree);
    tokens.clear();
    return;
  }
  // Newest first: whoever stood in the way of another came before it, so each is still found.
  while (!tokens.empty()) {
    *find(tokens.back().state) = kFree;
    tokens.pop_back();
  }
}

}  // namespace parley::operators
