// SPDX-License-Identifier: Apache-2.0
//
// Silence on standard error while it lives: PortAudio tries every sound system there is, and the
// libraries of those that are absent write a page about it.
//
// Threads: main; nobody else may write to standard error meanwhile.
#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace parley::cli {

class QuietErrors {
 public:
  QuietErrors() : kept_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0) return;
    ::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
  }
  ~QuietErrors() {
    if (kept_ < 0) return;
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
  }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;

 private:
  int kept_;
};

}  // namespace parley::cli
