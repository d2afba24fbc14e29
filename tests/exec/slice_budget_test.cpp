// SPDX-License-Identifier: Apache-2.0
#include "exec/slice_budget.h"

#include <vector>

#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "exec/strand.h"

namespace parley::exec {
namespace {

TEST(SliceBudget, LastsItsTimeFromWhenItIsMade) {
  ManualClock clock;
  clock.advance(Millis(500));
  const SliceBudget budget(clock);
  EXPECT_FALSE(budget.spent());
  clock.advance(kSliceTime - Nanos(1));
  EXPECT_FALSE(budget.spent());
  clock.advance(Nanos(1));
  EXPECT_TRUE(budget.spent());
}

/// Work in pieces of 300 µs each.
class Busy final : public StrandBody {
 public:
  Busy(ManualClock& clock, std::vector<char>& order, char name)
      : clock_(clock), order_(order), name_(name) {}
  int pieces = 20;

 private:
  bool run_slice() noexcept override {
    order_.push_back(name_);
    const SliceBudget budget(clock_);
    while (pieces > 0 && !budget.spent()) {
      --pieces;
      clock_.advance(Micros(300));
    }
    return pieces > 0;
  }

  ManualClock& clock_;
  std::vector<char>& order_;
  const char name_;
};

TEST(SliceBudget, SlowStrandsTakeTurns) {
  ManualRuntime runtime;
  std::vector<char> order;
  Busy a(runtime.clock, order, 'a');
  Busy b(runtime.clock, order, 'b');
  const auto first = Strand::make(runtime.executor, a);
  const auto second = Strand::make(runtime.executor, b);
  first->wake();
  second->wake();
  runtime.run_until_idle();
  EXPECT_EQ(order, (std::vector<char>{'a', 'b', 'a', 'b', 'a', 'b'})) << "7 pieces a slice";
  EXPECT_EQ(a.pieces + b.pieces, 0);
}

}  // namespace
}  // namespace parley::exec
