// SPDX-License-Identifier: Apache-2.0
#include "exec/wait_thread.h"

#include <utility>

#include "exec/prompt_thread.h"
#include "exec/thread_name.h"

namespace parley::exec {

WaitThread::WaitThread(const std::string& name, Waitable& source, Waker waker)
    : source_(source), waker_(std::move(waker)), thread_([this, name] { work(name); }) {}

WaitThread::~WaitThread() {
  stopping_.store(true, std::memory_order_release);
  source_.interrupt();
  thread_.join();
}

void WaitThread::work(const std::string& name) {
  set_thread_name(name);
  ask_for_short_slices();
  while (!stopping_.load(std::memory_order_acquire)) {
    source_.wait();
    waker_.wake();
  }
}

}  // namespace parley::exec
