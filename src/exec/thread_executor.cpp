// SPDX-License-Identifier: Apache-2.0
#include "exec/thread_executor.h"

#include <utility>

#include "exec/pin_thread.h"
#include "exec/prompt_thread.h"
#include "exec/thread_name.h"

namespace parley::exec {

ThreadExecutor::ThreadExecutor(const std::string& name, std::vector<int> cores, Slices slices)
    : thread_([this, name, cores = std::move(cores), slices] { work(name, cores, slices); }) {}

ThreadExecutor::~ThreadExecutor() {
  stopping_.store(true, std::memory_order_release);
  parker_.unpark();
  thread_.join();
}

void ThreadExecutor::post(Runnable& runnable) noexcept {
  queue_.push(runnable);
  parker_.unpark();
}

void ThreadExecutor::work(const std::string& name, const std::vector<int>& cores, Slices slices) {
  set_thread_name(name);
  pin_thread(cores);
  if (slices == Slices::brief) ask_for_short_slices();
  while (!stopping_.load(std::memory_order_acquire)) {
    if (Runnable* const next = queue_.pop()) {
      next->run();
    } else {
      parker_.park();
    }
  }
}

}  // namespace parley::exec
