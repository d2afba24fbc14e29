// SPDX-License-Identifier: Apache-2.0
//
// What the loudspeaker plays, on its way back to the echo canceller: the one thing that flows
// against the direction of a graph, so both ends are given this object instead of an edge.
//
// The player writes each sample when it leaves for the loudspeaker; the canceller reads as many as
// the microphone gave. When the player is ahead by more than `lead_max` the oldest are skipped, and
// what has not been played yet is silence: both are counted, since the canceller's filter has to
// find the path again.
//
// Threads: `write` one player, `read` one canceller, counters any. Allocates: in the constructor.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "operators/device/sample_ring.h"

namespace parley::operators {

class EchoReference {
 public:
  static constexpr int kHeldMs = 1'000;
  static constexpr int kLeadMaxMs = 300;

  explicit EchoReference(int rate)
      : rate_(rate),
        lead_max_(static_cast<std::size_t>(rate) * kLeadMaxMs / 1000),
        ring_(static_cast<std::size_t>(rate) * kHeldMs / 1000) {}

  void write(std::span<const float> played) noexcept { ring_.write(played); }
  /// Fills `out`.
  void read(std::span<float> out) noexcept;

  [[nodiscard]] int rate() const noexcept { return rate_; }
  [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_.load(); }
  [[nodiscard]] std::uint64_t missing() const noexcept { return missing_.load(); }
  /// Samples that the canceller never took, for want of room.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return ring_.dropped(); }

 private:
  const int rate_;
  const std::size_t lead_max_;
  SampleRing ring_;
  std::atomic<std::uint64_t> skipped_{0};
  std::atomic<std::uint64_t> missing_{0};
};

}  // namespace parley::operators
