// SPDX-License-Identifier: Apache-2.0
//
// Cuts a checked graph into segments: the parts that a Runner gives a strand each, joined by links.
//
// Which node goes where: nodes with the same `NodeOptions::segment` share the segment of that name.
// A node without one joins the node before it when each is the other's only neighbour on that side
// (a chain); every other node, so every source, every branch of a fan-out and every fan-in, begins
// a segment of its own, named after it. A sync Runner wants one segment of everything.
//
// Threads: one owner, on a control path. Allocates.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "graph/link.h"
#include "graph/plan.h"

namespace parley::graph {

struct Segment {
  std::string name;
  std::vector<std::string> nodes;  // ids, in topological order
  Plan plan;
};

struct Cut {
  struct Boundary {
    std::string name;
    std::size_t type = 0;          // see frame_type.h
    std::vector<LinkBase*> links;  // of an inlet one for each segment that it feeds, else one
  };
  std::vector<Segment> segments;
  std::vector<std::unique_ptr<LinkBase>> links;
  std::vector<Boundary> inlets;
  std::vector<Boundary> outlets;
};

struct CutOptions {
  bool is_whole = false;              // one segment
  std::size_t max_queue_size = 1024;  // frames in each link
};

[[nodiscard]] Cut cut(Plan plan, const CutOptions& options);

}  // namespace parley::graph
