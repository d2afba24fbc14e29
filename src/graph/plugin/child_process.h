// SPDX-License-Identifier: Apache-2.0
//
// Foreign code for the first time: it runs in a forked child, and what it does to that process
// (crash, abort, exit, hang) becomes an error here.
//
//   const ChildReport report = run_in_child([&](const ChildSay& say) -> Status {
//     say("loading");
//     return load(path);
//   }, Millis(10'000));
//
// The child is a fork without exec, so a lock that another thread held at that moment stays locked
// in it: the child then hangs and is reported so. Call it while no other thread loads libraries.
//
// Threads: a control path; it waits for the child. Allocates.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace parley::graph {

using ChildSay = std::function<void(std::string_view line)>;

struct ChildReport {
  std::vector<std::string> lines;  // what it said until its end
  Status status;                   // what the body returned, or how the child died
  bool has_died = false;           // before the body returned
};

inline constexpr std::size_t kChildReportBytesMax =
    1U << 20U;  // of all lines; a child that says more is ended

/// `status`: the body's own, or internal ("crashed (SIGSEGV)", "called exit(3)"),
/// deadline_exceeded, or resource_exhausted when there is no process to be had.
[[nodiscard]] ChildReport run_in_child(const std::function<Status(const ChildSay& say)>& body,
                                       Millis timeout);

}  // namespace parley::graph
