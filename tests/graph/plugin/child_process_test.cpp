// SPDX-License-Identifier: Apache-2.0
#include "graph/plugin/child_process.h"

#include <csignal>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace parley::graph {
namespace {

using testing::ElementsAre;

constexpr Millis kLong{30'000};

TEST(ChildProcess, BringsBackWhatItSaidAndItsStatus) {
  const ChildReport good = run_in_child(
      [](const ChildSay& say) -> Status {
        say("one");
        say("");
        say(std::string(100'000, 'x'));
        return {};
      },
      kLong);
  EXPECT_TRUE(good.status);
  EXPECT_FALSE(good.has_died);
  EXPECT_THAT(good.lines, ElementsAre("one", "", std::string(100'000, 'x')));

  const ChildReport bad = run_in_child(
      [](const ChildSay& /*say*/) -> Status {
        return Error{.code = ErrorCode::not_found, .message = "no such thing"};
      },
      kLong);
  ASSERT_FALSE(bad.status);
  EXPECT_FALSE(bad.has_died);
  EXPECT_EQ(bad.status.error().code, ErrorCode::not_found);
  EXPECT_EQ(bad.status.error().message, "no such thing");
}

TEST(ChildProcess, SaysWhyThereIsNone) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const ChildReport report =
      run_in_child([](const ChildSay& /*say*/) -> Status { return {}; }, kLong);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(report.status.error().message,
            "cannot make a child process: pipe2: Too many open files");
}

TEST(ChildProcess, NothingItDoesHappensHere) {
  int count = 0;
  const ChildReport report = run_in_child(
      [&count](const ChildSay& /*say*/) -> Status {
        ++count;
        return {};
      },
      kLong);
  EXPECT_TRUE(report.status);
  EXPECT_EQ(count, 0);
}

TEST(ChildProcess, SaysHowItDied) {
  const auto death = [](auto body) {
    const ChildReport report = run_in_child(
        [&](const ChildSay& say) -> Status {
          say("begins");
          body();
          return {};
        },
        kLong);
    EXPECT_TRUE(report.has_died);
    EXPECT_THAT(report.lines, ElementsAre("begins"));
    return report.status ? "it lived" : report.status.error().message;
  };
  EXPECT_EQ(death([] { (void)std::raise(SIGSEGV); }), "crashed (SIGSEGV)");
  EXPECT_EQ(death([] { std::abort(); }), "crashed (SIGABRT)");
  EXPECT_EQ(death([] { (void)std::raise(SIGKILL); }), "crashed (SIGKILL)");
  EXPECT_EQ(death([] { ::_exit(0); }), "called exit(0)");
  EXPECT_EQ(death([] { ::_exit(42); }), "called exit(42)");
}

TEST(ChildProcess, WhatIsThrownEndsThere) {
  const ChildReport report = run_in_child(
      [](const ChildSay& /*say*/) -> Status { throw std::runtime_error("no"); }, kLong);
  ASSERT_FALSE(report.status);
  EXPECT_EQ(report.status.error().message, "threw: no");
}

TEST(ChildProcess, HasATimeLimit) {
  const ChildReport report = run_in_child(
      [](const ChildSay& /*say*/) -> Status {
        while (true) (void)::pause();
      },
      Millis(50));
  ASSERT_FALSE(report.status);
  EXPECT_EQ(report.status.error().code, ErrorCode::deadline_exceeded);
  EXPECT_EQ(report.status.error().message, "did not end within 50 ms");
}

TEST(ChildProcess, HasALimitOfWords) {
  const ChildReport report = run_in_child(
      [](const ChildSay& say) -> Status {
        while (true) say("and another thing");
      },
      kLong);
  ASSERT_FALSE(report.status);
  EXPECT_EQ(report.status.error().message, "said too much and was ended");
}

}  // namespace
}  // namespace parley::graph
