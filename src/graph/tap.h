// SPDX-License-Identifier: Apache-2.0
//
// A tap sees every frame that leaves an output or enters an inlet, and changes nothing: traces,
// profiles and recordings hang here and not in the operators.
//
// Threads: called on the strand of the pipeline, inside its `run`; must be quick.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "media/frame.h"

namespace parley::graph {

/// Where a frame passed. Views into the pipeline: copy what is kept.
struct TapPoint {
  std::string_view node;  // empty: an inlet of the pipeline
  std::string_view port;
};

class Tap {
 public:
  virtual ~Tap() = default;
  /// `type`: see frame_type.h.
  virtual void on_push(const TapPoint& point, const media::FrameHeader& head, std::size_t type,
                       Instant now) noexcept = 0;
};

/// Keeps what passed, for tests and traces. Beyond `hops_max` hops it only counts.
/// Threads: strand; read it when the pipeline is at rest.
class RecordingTap final : public Tap {
 public:
  static constexpr std::size_t kHopsMaxDefault = 100'000;

  struct Hop {
    std::string node;
    std::string port;
    std::size_t type = 0;
    media::FrameHeader head;
    Instant at;
  };

  explicit RecordingTap(std::size_t hops_max = kHopsMaxDefault) : hops_max_(hops_max) {}

  void on_push(const TapPoint& point, const media::FrameHeader& head, std::size_t type,
               Instant now) noexcept override;

  [[nodiscard]] const std::vector<Hop>& hops() const { return hops_; }
  [[nodiscard]] std::size_t dropped() const { return dropped_; }
  /// The `node.port` names (`inlet:port` for inlets) in the order of their first frame.
  [[nodiscard]] std::vector<std::string> path() const;

 private:
  std::size_t hops_max_;
  std::size_t dropped_ = 0;
  std::vector<Hop> hops_;
};

}  // namespace parley::graph
