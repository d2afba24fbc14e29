// SPDX-License-Identifier: Apache-2.0
//
// Ends a reply at a stop string. What might be the beginning of one is held back until it is known,
// so no part of a stop string is ever spoken.
//
// Threads: one owner.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace parley::backend {

class StopScanner {
 public:
  /// Empty strings are ignored.
  explicit StopScanner(std::vector<std::string> stops);

  /// Appends to `out` what is certain to come before any stop string. True when one was met: the
  /// rest is dropped and the reply is over.
  bool push(std::string_view text, std::string& out);
  /// The reply is over: what was held back belongs to it.
  void finish(std::string& out);

 private:
  std::vector<std::string> stops_;
  std::string held_;
};

}  // namespace parley::backend
