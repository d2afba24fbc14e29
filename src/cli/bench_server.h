// SPDX-License-Identifier: Apache-2.0
//
// A `parley serve` of our own beside us, for a bench that was given no address: the same program, a
// free port, and an orderly end when this goes. Its log goes where ours goes.
//
// Threads: one owner; start it before any other thread, because it forks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"

namespace parley::cli {

class BenchServer {
 public:
  /// Starts `program serve --port 0 …` and waits, at most `patience`, until it says that it
  /// listens. Errors: unavailable (it ended, or says nothing).
  static Result<BenchServer> start(const std::string& program,
                                   const std::vector<std::string>& arguments,
                                   Millis patience = Millis(120'000));
  BenchServer(BenchServer&& other) noexcept;
  BenchServer& operator=(BenchServer&&) = delete;
  /// SIGTERM, and waits for it to end.
  ~BenchServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  BenchServer(pid_t pid, int output) : pid_(pid), output_(output) {}
  Status wait_until_listening(Millis patience);

  pid_t pid_ = -1;
  int output_ = -1;
  std::uint16_t port_ = 0;
};

/// The program that runs now.
[[nodiscard]] std::string own_program();
/// Resident memory of a process, in bytes. Errors: not_found.
[[nodiscard]] Result<std::uint64_t> resident_bytes(pid_t pid);

}  // namespace parley::cli
