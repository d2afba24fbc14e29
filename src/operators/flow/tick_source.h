// SPDX-License-Identifier: Apache-2.0
//
// Control frames at a steady pace, to steer others by time: open a gate for a while, try a graph
// without a device.
//   out  out   Control called `name`, every `period`, the first at once; pts: its place in time
// A tick that finds no room waits for it, and the next is due as if it had not: none is lost.
// Threads: strand.  Allocates: the name, per tick.  Latency: none.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "graph/operator.h"
#include "graph/port.h"

namespace parley::operators {

class TickSource final : public graph::Operator {
 public:
  struct Options {
    std::string name = "tick";
    Millis period{1000};     // at least 1
    std::int64_t count = 0;  // ticks; 0: without end
    bool toggles = false;    // values true, false, true, …; else 1, 2, 3, …
  };

  explicit TickSource(Options options) : options_(std::move(options)) {}
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  [[nodiscard]] bool is_busy() const noexcept override { return !is_done(); }

 private:
  [[nodiscard]] bool is_done() const noexcept {
    return options_.count != 0 && made_ == options_.count;
  }

  graph::Out<media::Control> out_{*this, "out"};
  const Options options_;
  std::int64_t made_ = 0;
  Instant started_ = Instant::never();
};

}  // namespace parley::operators
