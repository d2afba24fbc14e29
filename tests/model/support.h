// SPDX-License-Identifier: Apache-2.0
//
// A stand-in for a session: a strand that counts how often it was woken.
#pragma once

#include <memory>

#include "exec/strand.h"

namespace parley::model {

class Sleeper final : public exec::StrandBody {
 public:
  explicit Sleeper(exec::Executor& executor) : strand_(exec::Strand::make(executor, *this)) {}
  ~Sleeper() override { strand_->close(); }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  bool run_slice() noexcept override {
    ++wakes;
    return false;
  }
  exec::Waker waker() { return strand_->waker(); }

  int wakes = 0;

 private:
  std::shared_ptr<exec::Strand> strand_;
};

}  // namespace parley::model
