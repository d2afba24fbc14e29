// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/builtin_tools.h"

#include <cstdlib>
#include <ctime>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using ::testing::MatchesRegex;

class Builtin : public ::testing::Test {
 protected:
  std::shared_ptr<model::ToolCall> call(std::string name, std::string arguments,
                                        std::uint64_t session = 1) {
    auto one = std::make_shared<model::ToolCall>();
    one->name = std::move(name);
    one->arguments = std::move(arguments);
    one->session = session;
    one->begin({}, Instant::never());
    EXPECT_TRUE(tools.submit(one));
    EXPECT_TRUE(one->done());
    return one;
  }
  std::string say(std::string name, std::string arguments, std::uint64_t session = 1) {
    const auto one = call(std::move(name), std::move(arguments), session);
    return one->status ? one->output : "error: " + one->status.error().message;
  }

  SteadyClock clock;
  BuiltinTools tools{{}, clock};
};

TEST_F(Builtin, TellsTheTimeAndTheDate) {
  EXPECT_THAT(say("get_time", R"({"what":"time"})"),
              MatchesRegex("It is [1-9][0-9]?:[0-9][0-9] [AP]M\\."));
  EXPECT_THAT(say("get_time", R"({"what":"date"})"),
              MatchesRegex("Today is [A-Z][a-z]+, [A-Z][a-z]+ [1-9][0-9]?, [0-9]+\\."));
}

TEST_F(Builtin, SetsATimerThatWillSpeak) {
  const auto set = call("set_timer", R"({"seconds":300})");
  EXPECT_EQ(set->output, "The timer is set: 5 minutes.");
  ASSERT_EQ(set->alarms.size(), 1U);
  EXPECT_EQ(set->alarms[0].after, std::chrono::seconds(300));
  EXPECT_EQ(set->alarms[0].text, std::string(kSayPrefix) + "The timer of 5 minutes is up.");
  EXPECT_EQ(say("set_timer", R"({"seconds":0})"),
            "error: A timer takes from one second to one day.");
  EXPECT_EQ(say("set_timer", "{}"), "error: A timer takes from one second to one day.");
  EXPECT_TRUE(call("stop_timers", "{}")->stops_alarms);
}

TEST_F(Builtin, WorksOutSums) {
  EXPECT_EQ(say("calculate", R"({"expression":"17 times 23"})"), "That is 391.");
  EXPECT_EQ(say("calculate", R"({"expression":"1/0"})"), "error: One cannot divide by zero.");
}

TEST_F(Builtin, RemembersForOneSession) {
  EXPECT_EQ(say("remember", R"({"fact":"my key is under the mat"})"), "I will remember that.");
  say("remember", R"({"fact":"I like tea"})");
  EXPECT_EQ(say("recall", R"({"about":"the key"})"), "You told me that your key is under the mat.");
  EXPECT_EQ(say("recall", R"({"about":""})"),
            "You told me that your key is under the mat, and that you like tea.");
  EXPECT_EQ(say("recall", R"({"about":"coffee"})"), "You have told me nothing about that.");
  EXPECT_EQ(say("recall", R"({"about":"key"})", 2), "You have told me nothing about that.");
  tools.forget(1);
  EXPECT_EQ(say("recall", R"({"about":""})"), "You have told me nothing to remember.");
}

TEST_F(Builtin, ForgetsTheOldestNote) {
  for (std::size_t i = 0; i <= kNotesMax; ++i) {
    say("remember", R"({"fact":"number )" + std::to_string(i) + "\"}");
  }
  EXPECT_EQ(say("recall", R"({"about":"0"})"), "You have told me nothing about that.");
  EXPECT_EQ(say("recall", R"({"about":"64"})"), "You told me that number 64.");
}

TEST_F(Builtin, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(say("fly", "{}"), "error: There is no such function.");
  EXPECT_EQ(say("calculate", "[]"), "error: The arguments are no JSON object.");
  EXPECT_EQ(say("remember", "{}"), "error: There is nothing to remember.");
  BuiltinTools few({.time = true, .timer = false, .calculator = false, .memory = false}, clock);
  EXPECT_EQ(few.tools().size(), 1U);
}

}  // namespace
}  // namespace parley::backend
