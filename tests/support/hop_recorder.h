// SPDX-License-Identifier: Apache-2.0
//
// The tables of ARCHITECTURE.md, and which hops a real run passed.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/trace.h"
#include "graph/tap.h"

namespace parley::test {

struct Hop {
  std::string file;  // below src/
  std::string node;  // of the graph; empty outside it
};

/// The rows `| n | `file` | node | … |` of the table below a heading.
inline std::vector<Hop> documented_hops(const std::string& heading) {
  std::ifstream page("ARCHITECTURE.md");
  EXPECT_TRUE(page) << "run from the root of the project";
  std::vector<Hop> hops;
  std::string line;
  while (std::getline(page, line) && line != heading) {
  }
  while (std::getline(page, line)) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, '|');) {
      std::erase_if(cell, [](char c) { return c == ' ' || c == '`'; });
      cells.push_back(cell);
    }
    const bool is_hop = cells.size() > 5 && cells[1] == std::to_string(hops.size() + 1);
    if (is_hop) hops.push_back({cells[2], cells[3]});
    if (!is_hop && !hops.empty()) break;
  }
  return hops;
}

/// Hops of all threads in one order: files outside the graph, nodes inside.
class HopRecorder final : public trace::HopSink, public graph::Tap {
 public:
  void on_hop(std::string_view file) noexcept override { note(file.substr(file.find("src/") + 4)); }
  void on_push(const graph::TapPoint& point, const media::FrameHeader&, std::size_t,
               Instant) noexcept override {
    if (!point.node.empty()) note(point.node);
  }
  /// Everything before was the set-up of the session, not the frame's life.
  void start() {
    const std::lock_guard lock(mutex_);
    running_ = true;
  }
  void wait_for(std::string_view place) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return std::ranges::find(seen_, place) != seen_.end(); });
  }
  [[nodiscard]] std::vector<std::string> all() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void note(std::string_view place) {
    const std::lock_guard lock(mutex_);
    if (!running_) return;
    seen_.emplace_back(place);
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool running_ = false;
  std::vector<std::string> seen_;
};

/// Each row must first be seen after the row above it was: nothing can skip a hop or overtake. And
/// nothing was seen that the table does not name.
inline void compare(const std::vector<Hop>& documented, const std::vector<std::string>& seen) {
  auto at = seen.begin();
  for (const Hop& hop : documented) {
    const std::string& name = hop.node.empty() ? hop.file : hop.node;
    const auto found = std::find(at, seen.end(), name);
    ASSERT_NE(found, seen.end()) << "hop '" << name << "' was not seen in its place";
    at = found;
    EXPECT_TRUE(std::ifstream("src/" + hop.file)) << hop.file << " does not exist";
  }
  for (const std::string& place : seen) {
    const bool is_documented =
        std::any_of(documented.begin(), documented.end(),
                    [&](const Hop& hop) { return place == hop.node || place == hop.file; });
    EXPECT_TRUE(is_documented) << place << " is in no row of ARCHITECTURE.md";
  }
}

}  // namespace parley::test
