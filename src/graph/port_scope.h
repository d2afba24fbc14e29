// SPDX-License-Identifier: Apache-2.0
//
// What all ports of one pipeline share: the turn, the tap, and one bit per node that says whether
// the node has news. A push sets the consumer's bit; a pop sets the producer's bit when the
// producer waits for room. `Pipeline::run` then calls only the nodes whose bit is set.
//
// Threads: strand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "graph/misuse.h"
#include "graph/tap.h"
#include "media/frame.h"

namespace parley::graph {

class PipelineProfile;

inline constexpr std::size_t kNodesMax = 256;  // of one pipeline; Plan::compile refuses more

/// One bit per node, in topological order.
class NodeSet {
 public:
  static constexpr std::size_t kWordBits = 64;
  static constexpr std::size_t kNone = kNodesMax;

  struct Bit {
    std::uint32_t word = 0;
    std::uint64_t mask = 0;  // 0: no node; setting it does nothing
  };
  static constexpr Bit bit_of(std::size_t node) {
    return {static_cast<std::uint32_t>(node / kWordBits), std::uint64_t{1} << (node % kWordBits)};
  }

  void set(Bit bit) noexcept { words_[bit.word] |= bit.mask; }
  void clear(Bit bit) noexcept { words_[bit.word] &= ~bit.mask; }
  [[nodiscard]] bool has(Bit bit) const noexcept { return (words_[bit.word] & bit.mask) != 0; }

  /// The first node at or after `from` whose bit is set, or kNone.
  [[nodiscard]] std::size_t next(std::size_t from) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return next(0) == kNone; }

 private:
  std::array<std::uint64_t, kNodesMax / kWordBits> words_{};
};

struct PortScope {
  static constexpr std::size_t kNobody = kNodesMax;

  media::Turn turn = media::kAnyTurn;
  NodeSet ready;
  NodeSet blocked;
  std::uint64_t moved = 0;        // pushes, pops and drops: tells `run` whether a call did anything
  std::size_t calling = kNobody;  // the node whose operator is being called
  Misuse misuse = Misuse::none;   // of that call, and where
  const PortBase* misused = nullptr;
  bool is_watched = false;  // there is a tap or a profile
  Tap* tap = nullptr;
  PipelineProfile* profile = nullptr;
  const Clock* clock = nullptr;  // needed when there is a tap
};

}  // namespace parley::graph
