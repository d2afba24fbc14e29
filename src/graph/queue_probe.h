// SPDX-License-Identifier: Apache-2.0
//
// Measures how long frames wait in one input: one frame at a time carries a stamp, which costs
// nothing for the others. Belongs to a PipelineProfile; the port points to it.
//
// Threads: strand.
#pragma once

#include <cstdint>

namespace parley::graph {

struct QueueProbe {
  std::uint64_t pushed = 0;   // frames, ever
  std::uint64_t stamped = 0;  // the number of the frame with the stamp; 0: none
  std::uint64_t at = 0;       // ticks: when it was pushed
};

}  // namespace parley::graph
