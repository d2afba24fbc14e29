// SPDX-License-Identifier: Apache-2.0
#include "exec/prompt_thread.h"

#include <thread>

#include <gtest/gtest.h>
#include <sched.h>

namespace parley::exec {
namespace {

TEST(PromptThread, AsksForItselfOnly) {
  std::jthread([] {
    const int policy = ::sched_getscheduler(0);
    const bool granted = ask_for_short_slices();
    if (policy != SCHED_OTHER) {
      EXPECT_FALSE(granted);
    }
    EXPECT_EQ(::sched_getscheduler(0), policy);
    EXPECT_EQ(ask_for_short_slices(), granted);  // once more changes nothing
  });
}

TEST(PromptThread, LeavesOtherPoliciesAlone) {
  std::jthread([] {
    const sched_param none{};
    if (::sched_setscheduler(0, SCHED_IDLE, &none) != 0) return;  // a sandbox
    EXPECT_FALSE(ask_for_short_slices());
    EXPECT_EQ(::sched_getscheduler(0), SCHED_IDLE);
  });
}

}  // namespace
}  // namespace parley::exec
