// SPDX-License-Identifier: Apache-2.0
#include "operators/decode/ctc_prefix_beam.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace parley::operators {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

/// log(e^a + e^b).
float log_add(float a, float b) noexcept {
  if (a < b) std::swap(a, b);
  if (b == kNever) return a;
  return a + std::log1p(std::exp(b - a));
}

/// After SplitMix64: sequences that differ in one label get keys that have nothing in common.
std::uint64_t grow_key(std::uint64_t key, std::int32_t label) noexcept {
  std::uint64_t z = key * 0x9E3779B97F4A7C15U + static_cast<std::uint32_t>(label) + 1U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

}  // namespace

float CtcPrefixBeam::Reading::total() const noexcept { return log_add(blank, label); }

CtcPrefixBeam::CtcPrefixBeam(const CtcBeamOptions& options)
    : options_(options),
      // Each of the beam grows by at most one label a row; what they share is counted once, so this
      // is far more than readings that have not parted for long ever need.
      history_(options.labels_max * 4 + static_cast<std::size_t>(options.beam) * 64) {
  PARLEY_CHECK(options.beam >= 1 && options.beam <= kBeamMax);
  PARLEY_CHECK(options.candidates >= 1 && options.candidates <= kCandidatesMax);
  const auto beam = static_cast<std::size_t>(options.beam);
  const std::size_t most = beam * (static_cast<std::size_t>(options.candidates) + 1);
  beam_.reserve(beam);
  candidates_.reserve(most);
  used_.reserve(most);
  tokens_.reserve(static_cast<std::size_t>(options.candidates));
  slots_.assign(std::bit_ceil(2 * most), -1);
  reset();
}

void CtcPrefixBeam::reset() noexcept {
  history_.clear();
  beam_.clear();
  beam_.push_back({.blank = 0.0F, .label = kNever});
}

void CtcPrefixBeam::advance(std::span<const float> row) noexcept {
  if (row.empty()) return;
  PARLEY_CHECK(static_cast<std::size_t>(options_.blank) < row.size());
  choose_tokens(row);
  for (const Reading& reading : beam_) extend(reading, row);
  keep_best();
}

/// The best tokens without the blank.
void CtcPrefixBeam::choose_tokens(std::span<const float> row) noexcept {
  tokens_.clear();
  const auto count = static_cast<std::size_t>(options_.candidates);
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto token = static_cast<std::int32_t>(i);
    if (token == options_.blank || !(row[i] > kNever)) continue;
    if (tokens_.size() == count) {
      if (row[i] <= row[static_cast<std::size_t>(tokens_.back())]) continue;
      tokens_.pop_back();
    }
    // Few are kept and most tokens end at the comparison above: insertion is the fastest way.
    auto at = tokens_.end();
    while (at != tokens_.begin() && row[static_cast<std::size_t>(*(at - 1))] < row[i]) --at;
    tokens_.insert(at, token);
  }
}

void CtcPrefixBeam::extend(const Reading& from, std::span<const float> row) noexcept {
  const float total = from.total();
  // The reading stays: by a blank, or by its last label again.
  {
    Reading& same = candidate(from.key, from, -1);
    same.blank = log_add(same.blank, total + row[static_cast<std::size_t>(options_.blank)]);
    if (from.last >= 0) {
      same.label = log_add(same.label, from.label + row[static_cast<std::size_t>(from.last)]);
    }
  }
  if (static_cast<std::size_t>(from.length) >= options_.labels_max) return;
  for (const std::int32_t token : tokens_) {
    // The same label twice needs a blank in between.
    const float before = token == from.last ? from.blank : total;
    if (before == kNever) continue;
    Reading& grown = candidate(grow_key(from.key, token), from, token);
    grown.label = log_add(grown.label, before + row[static_cast<std::size_t>(token)]);
  }
}

/// The candidate with that key; made from `from` when there is none.
CtcPrefixBeam::Reading& CtcPrefixBeam::candidate(std::uint64_t key, const Reading& from,
                                                 std::int32_t grown_by) noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = key & mask;
  while (slots_[slot] >= 0) {
    Reading& found = candidates_[static_cast<std::size_t>(slots_[slot])];
    if (found.key == key) {
      // The same sequence, already linked: the longer way to it is not needed.
      if (grown_by < 0) {
        found.link = from.link;
        found.grown_by = -1;
      }
      return found;
    }
    slot = (slot + 1) & mask;
  }
  slots_[slot] = static_cast<std::int32_t>(candidates_.size());
  used_.push_back(static_cast<std::int32_t>(slot));
  candidates_.push_back({.link = from.link,
                         .key = key,
                         .last = grown_by < 0 ? from.last : grown_by,
                         .length = from.length + (grown_by < 0 ? 0 : 1),
                         .blank = kNever,
                         .label = kNever,
                         .grown_by = grown_by});
  return candidates_.back();
}

void CtcPrefixBeam::keep_best() noexcept {
  const auto better = [](const Reading& a, const Reading& b) { return a.total() > b.total(); };
  const std::size_t kept = std::min(candidates_.size(), static_cast<std::size_t>(options_.beam));
  std::partial_sort(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(kept),
                    candidates_.end(), better);
  // First hold what goes on, then let go of what was.
  for (std::size_t i = 0; i < kept; ++i) history_.hold(candidates_[i].link);
  for (const Reading& reading : beam_) history_.release(reading.link);
  beam_.clear();
  for (std::size_t i = 0; i < kept; ++i) {
    Reading reading = candidates_[i];
    if (reading.grown_by >= 0) {
      reading.link = history_.add(reading.link, reading.grown_by);
      if (reading.link == History::kNone) continue;  // no room: the reading is lost
      reading.grown_by = -1;
    }
    beam_.push_back(reading);
  }
  for (const std::int32_t slot : used_) slots_[static_cast<std::size_t>(slot)] = -1;
  used_.clear();
  candidates_.clear();
}

void CtcPrefixBeam::best(std::vector<std::int32_t>& labels, bool) const {
  labels.clear();
  if (!beam_.empty()) history_.read(beam_.front().link, labels);
}

float CtcPrefixBeam::best_score() const noexcept {
  return beam_.empty() ? kNever : beam_.front().total();
}

}  // namespace parley::operators
