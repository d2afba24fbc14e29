// SPDX-License-Identifier: Apache-2.0
#include "graph/tap.h"

#include <algorithm>

namespace parley::graph {

void RecordingTap::on_push(const TapPoint& point, const media::FrameHeader& head, std::size_t type,
                           Instant now) noexcept {
  if (hops_.size() >= hops_max_) {
    ++dropped_;
    return;
  }
  hops_.push_back({.node = std::string(point.node),
                   .port = std::string(point.port),
                   .type = type,
                   .head = head,
                   .at = now});
}

std::vector<std::string> RecordingTap::path() const {
  std::vector<std::string> names;
  for (const Hop& hop : hops_) {
    std::string name = hop.node.empty() ? "inlet:" + hop.port : hop.node + "." + hop.port;
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

}  // namespace parley::graph
