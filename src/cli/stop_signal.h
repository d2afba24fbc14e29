// SPDX-License-Identifier: Apache-2.0
//
// SIGTERM and SIGINT as something to wait for. The first one ends the wait; a second one ends the
// process at once, for whoever does not want to wait for running replies. SIGPIPE is ignored: a
// peer that went away shows in a write's result.
//
// Threads: main; at most one at a time.
#pragma once

namespace parley::cli {

class StopSignal {
 public:
  StopSignal();
  /// Signals do again what they do by default.
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void wait() const;
  [[nodiscard]] bool is_raised() const;
  /// As the first signal would. Threads: any, while it lives.
  void raise() const;
};

}  // namespace parley::cli
