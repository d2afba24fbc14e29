// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/repetition.h"

#include <algorithm>

namespace parley::backend {
namespace {

constexpr std::size_t kBlockMax = 16;

constexpr std::size_t copies_of_a_loop(std::size_t block) noexcept {
  if (block == 1) return 8;
  return block <= 3 ? 5 : 3;
}

}  // namespace

std::size_t repeated_tail(std::span<const std::int64_t> tokens) noexcept {
  for (std::size_t block = 1; block <= kBlockMax; ++block) {
    const std::size_t looped = block * copies_of_a_loop(block);
    if (tokens.size() < looped) continue;
    // Equal to itself, moved by one block: every copy is the same.
    const auto tail = tokens.last(looped);
    if (std::equal(tail.begin() + static_cast<std::ptrdiff_t>(block), tail.end(), tail.begin())) {
      return looped - block;
    }
  }
  return 0;
}

}  // namespace parley::backend
