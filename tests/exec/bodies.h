// SPDX-License-Identifier: Apache-2.0
//
// Strand bodies and runnables made of a function, and a counter that a test can wait for.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "exec/runnable.h"
#include "exec/strand.h"

namespace parley::exec {

class FunctionBody final : public StrandBody {
 public:
  explicit FunctionBody(std::function<bool()> slice) : slice_(std::move(slice)) {}
  bool run_slice() noexcept override { return slice_(); }

 private:
  std::function<bool()> slice_;
};

class FunctionRunnable final : public Runnable {
 public:
  explicit FunctionRunnable(std::function<void()> body, std::function<void()> abandoned = nullptr)
      : body_(std::move(body)), abandoned_(std::move(abandoned)) {}
  void run() noexcept override { body_(); }
  void abandon() noexcept override {
    if (abandoned_) abandoned_();
  }

 private:
  std::function<void()> body_;
  std::function<void()> abandoned_;
};

/// Counts up; `wait_for` sleeps until the count is reached.
class Tally {
 public:
  void add(int by = 1) {
    count_.fetch_add(by);
    count_.notify_all();
  }
  void wait_for(int at_least) const {
    for (int seen = count_.load(); seen < at_least; seen = count_.load()) count_.wait(seen);
  }
  [[nodiscard]] int value() const { return count_.load(); }

 private:
  std::atomic<int> count_{0};
};

}  // namespace parley::exec
