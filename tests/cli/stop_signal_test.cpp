// SPDX-License-Identifier: Apache-2.0
#include "cli/stop_signal.h"

#include <csignal>
#include <cstdlib>
#include <thread>

#include <gtest/gtest.h>

namespace parley::cli {
namespace {

TEST(StopSignal, EndsTheWait) {
  for (const int number : {SIGTERM, SIGINT}) {
    const StopSignal stop;
    EXPECT_FALSE(stop.is_raised());
    std::thread waiting([&stop] { stop.wait(); });
    std::raise(number);
    waiting.join();
    EXPECT_TRUE(stop.is_raised());
  }
}

TEST(StopSignal, OneThatCameBeforeCounts) {
  const StopSignal stop;
  std::raise(SIGTERM);
  stop.wait();
}

TEST(StopSignalDeathTest, TheSecondOneEndsTheProcess) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto twice = [] {
    const StopSignal stop;
    std::raise(SIGTERM);
    std::raise(SIGTERM);
  };
  EXPECT_EXIT(twice(), ::testing::ExitedWithCode(128 + SIGTERM), "");
}

TEST(StopSignal, BrokenPipesAreIgnored) {
  const StopSignal stop;
  std::raise(SIGPIPE);
  EXPECT_FALSE(stop.is_raised());
}

}  // namespace
}  // namespace parley::cli
