// SPDX-License-Identifier: Apache-2.0
#include "graph/port_scope.h"

#include <bit>

namespace parley::graph {

std::size_t NodeSet::next(std::size_t from) const noexcept {
  if (from >= kNodesMax) return kNone;
  std::size_t word = from / kWordBits;
  std::uint64_t bits = words_[word] & (~std::uint64_t{0} << (from % kWordBits));
  while (bits == 0) {
    if (++word == words_.size()) return kNone;
    bits = words_[word];
  }
  return word * kWordBits + static_cast<std::size_t>(std::countr_zero(bits));
}

}  // namespace parley::graph
