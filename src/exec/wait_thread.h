// SPDX-License-Identifier: Apache-2.0
//
// For what only a blocking call can tell (a word that another process changes): a thread that waits
// on a strand's behalf and wakes it. The strand never blocks, and reads the news itself.
//
//   WaitThread thread("parley-ring", *reader_events, strand->waker());
//
// Threads: construction and destruction one owner.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "exec/strand.h"

namespace parley::exec {

class Waitable {
 public:
  virtual ~Waitable() = default;
  /// Sleeps until there is news that came after the last call's return, or until `interrupt`.
  /// Threads: the WaitThread.
  virtual void wait() noexcept = 0;
  /// A `wait` that runs returns, and so does every later one. Threads: any.
  virtual void interrupt() noexcept = 0;
};

class WaitThread {
 public:
  /// `source` outlives the thread. Its name: at most kThreadNameBytesMax letters count.
  WaitThread(const std::string& name, Waitable& source, Waker waker);
  ~WaitThread();
  WaitThread(const WaitThread&) = delete;
  WaitThread& operator=(const WaitThread&) = delete;

 private:
  void work(const std::string& name);

  Waitable& source_;
  const Waker waker_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;  // last: it uses the others
};

}  // namespace parley::exec
