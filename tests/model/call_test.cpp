// SPDX-License-Identifier: Apache-2.0
#include "model/call.h"

#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "tests/model/support.h"

namespace parley::model {
namespace {

struct CountingHook final : CancelHook {
  void on_cancel(Call& /*call*/) noexcept override { ++count; }
  int count = 0;
};

TEST(Call, GoesFromIdleToInFlightToDoneAndAgain) {
  exec::ManualExecutor executor;
  Sleeper session(executor);
  Call call;
  EXPECT_FALSE(call.in_flight());
  EXPECT_FALSE(call.done());
  for (int round = 1; round <= 2; ++round) {
    call.begin(session.waker(), Instant{Millis(5)});
    EXPECT_TRUE(call.in_flight());
    EXPECT_FALSE(call.cancelled());
    EXPECT_EQ(call.deadline(), Instant{Millis(5)});
    call.cancel();
    EXPECT_TRUE(call.cancelled());
    call.finish();
    EXPECT_TRUE(call.done());
    executor.run_until_idle();
    EXPECT_EQ(session.wakes, round);
  }
}

TEST(Call, TellsTheHookOfACancelOnce) {
  Call call;
  CountingHook first;
  CountingHook second;
  call.begin({}, Instant::never());
  call.set_cancel_hook(&first);
  call.set_cancel_hook(&second);
  call.cancel();
  call.cancel();
  EXPECT_EQ(first.count, 0);
  EXPECT_EQ(second.count, 1);
}

}  // namespace
}  // namespace parley::model
