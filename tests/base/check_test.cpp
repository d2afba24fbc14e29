// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(CheckDeathTest, NamesPlaceAndConditionAndStops) {
  const int one = 1;
  PARLEY_CHECK(one == 1);
  EXPECT_DEATH(PARLEY_CHECK(one == 2), "check_test.cpp:[0-9]+: check failed: one == 2");
}

TEST(CheckDeathTest, AssertIsForDebugBuilds) {
  bool was_evaluated = false;
  PARLEY_ASSERT((was_evaluated = true));
#ifdef NDEBUG
  EXPECT_FALSE(was_evaluated);
#else
  EXPECT_TRUE(was_evaluated);
#endif
}

}  // namespace
}  // namespace parley
