// SPDX-License-Identifier: Apache-2.0
#include "dsp/deltas.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace parley::dsp {
namespace {

constexpr int kWindow = 2;
constexpr int kReach = 2 * kWindow;

// (-2, -1, 0, 1, 2) / 10: the slope of the line that fits five rows best.
constexpr std::array<float, 2 * kWindow + 1> kFirst{-0.2F, -0.1F, 0.0F, 0.1F, 0.2F};

/// The first kernel convolved with itself.
constexpr std::array<float, 2 * kReach + 1> second_kernel() {
  std::array<float, 2 * kReach + 1> kernel{};
  for (std::size_t i = 0; i < kFirst.size(); ++i) {
    for (std::size_t k = 0; k < kFirst.size(); ++k) kernel[i + k] += kFirst[i] * kFirst[k];
  }
  return kernel;
}
constexpr std::array kSecond = second_kernel();
static_assert(kReach == static_cast<int>(Deltas::kLookahead));

}  // namespace

Deltas::Deltas(std::size_t dimensions) : dimensions_(dimensions), rows_(kRows * dimensions) {
  PARLEY_CHECK(dimensions > 0);
}

void Deltas::push(std::span<const float> row) noexcept {
  PARLEY_CHECK(row.size() == dimensions_ && !finished_);
  PARLEY_CHECK(pushed_ - given_ <= static_cast<std::int64_t>(kLookahead));
  const std::size_t slot = static_cast<std::size_t>(pushed_) % kRows;
  std::copy(row.begin(), row.end(),
            rows_.begin() + static_cast<std::ptrdiff_t>(slot * dimensions_));
  ++pushed_;
}

bool Deltas::next(std::span<float> out) noexcept {
  PARLEY_CHECK(out.size() == kParts * dimensions_);
  const std::int64_t ready = finished_ ? pushed_ : pushed_ - static_cast<std::int64_t>(kLookahead);
  if (given_ >= ready) return false;
  std::copy_n(row(given_), dimensions_, out.begin());
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(dimensions_), out.end(), 0.0F);
  float* const first = out.data() + dimensions_;
  float* const second = first + dimensions_;
  for (int at = -kReach; at <= kReach; ++at) {
    const float* const from = row(given_ + at);
    const float weight = kSecond[static_cast<std::size_t>(at + kReach)];
    for (std::size_t i = 0; i < dimensions_; ++i) second[i] += weight * from[i];
    if (at < -kWindow || at > kWindow) continue;
    const float slope = kFirst[static_cast<std::size_t>(at + kWindow)];
    for (std::size_t i = 0; i < dimensions_; ++i) first[i] += slope * from[i];
  }
  ++given_;
  return true;
}

void Deltas::reset() noexcept {
  pushed_ = 0;
  given_ = 0;
  finished_ = false;
}

const float* Deltas::row(std::int64_t index) const noexcept {
  const auto inside = std::clamp<std::int64_t>(index, 0, pushed_ - 1);
  return rows_.data() + (static_cast<std::size_t>(inside) % kRows) * dimensions_;
}

}  // namespace parley::dsp
