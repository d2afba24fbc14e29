// SPDX-License-Identifier: Apache-2.0
//
// An executor with one thread of its own: what a model host runs on, because inference blocks and
// must not hold a pool worker. Runs what is posted in order and sleeps in between.
//
// Threads: `post` any; construction and destruction one owner.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "exec/parker.h"
#include "exec/run_queue.h"
#include "exec/runnable.h"

namespace parley::exec {

/// Of the processor's time: brief ones (prompt_thread.h) for work that is over in some microseconds
/// and that somebody waits for; the usual ones for work that only has to get done.
enum class Slices : std::uint8_t { usual, brief };

class ThreadExecutor final : public Executor {
 public:
  /// `cores`: where the thread may run; none: anywhere.
  explicit ThreadExecutor(const std::string& name, std::vector<int> cores = {},
                          Slices slices = Slices::usual);
  /// Waits for the runnable that is running; abandons those that still wait.
  ~ThreadExecutor() override;
  ThreadExecutor(const ThreadExecutor&) = delete;
  ThreadExecutor& operator=(const ThreadExecutor&) = delete;

  void post(Runnable& runnable) noexcept override;

 private:
  void work(const std::string& name, const std::vector<int>& cores, Slices slices);

  RunQueue queue_;
  Parker parker_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;  // last: it uses the others
};

}  // namespace parley::exec
