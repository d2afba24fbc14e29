// SPDX-License-Identifier: Apache-2.0
//
// A program of ours that runs beside us: started with a socket as its standard input and output,
// and killed and reaped when the owner lets go of it, so that it never becomes a zombie. It closes
// no descriptor of ours and inherits none but these; it is in a process group of its own, so that a
// Ctrl-C at the terminal reaches only Parley. Its standard error goes to /dev/null, or where the
// owner wants it.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"

namespace parley::exec {

class ChildProcess {
 public:
  /// `input`: a descriptor, which stays the caller's, that is the program's standard input; -1: the
  /// socket is. `errors`: likewise, its standard error; -1: none. not_found when the program is not
  /// there; unavailable when it cannot be started.
  static Result<ChildProcess> start(const std::string& program,
                                    const std::vector<std::string>& arguments, int input = -1,
                                    int errors = -1);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  /// Until `deadline` on `clock`, which must be the machine's. unavailable: the program has gone.
  [[nodiscard]] Status write_all(std::string_view bytes, const Clock& clock, Instant deadline);
  /// Appends what there is, at least one byte.
  [[nodiscard]] Status read_some(std::string& to, const Clock& clock, Instant deadline);

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// For an owner that waits for several things at once; it stays this object's. -1: stopped.
  [[nodiscard]] int socket() const noexcept { return socket_; }
  /// Kills it, reaps it and says how it ended: "signal 9", "exit status 1". Once.
  std::string stop() noexcept;

 private:
  ChildProcess(pid_t pid, int socket) : pid_(pid), socket_(socket) {}
  [[nodiscard]] Status wait_for(short events, const Clock& clock, Instant deadline) const;

  pid_t pid_ = -1;
  int socket_ = -1;
};

/// The path of a program of ours, in the folder that this one is in; whoever starts it hears
/// whether it is there.
[[nodiscard]] std::string program_beside(const std::string& name);

}  // namespace parley::exec
