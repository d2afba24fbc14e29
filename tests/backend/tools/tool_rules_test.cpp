// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/tool_rules.h"

#include <gtest/gtest.h>

#include "backend/tools/spoken_words.h"

namespace parley::backend {
namespace {

std::string called(std::string_view text) {
  const auto call = find_builtin_call(text);
  return call ? call->name + call->arguments : "nothing";
}

TEST(ToolRules, WhatAsksForAFunctionInSoManyWords) {
  EXPECT_EQ(called("What time is it?"), R"(get_time{"what":"time"})");
  EXPECT_EQ(called("Hey, can you tell me the time please"), R"(get_time{"what":"time"})");
  EXPECT_EQ(called("What's the date today?"), R"(get_time{"what":"date"})");
  EXPECT_EQ(called("Set a timer for five minutes."), R"(set_timer{"seconds":300})");
  EXPECT_EQ(called("Please start a 90 second timer."), R"(set_timer{"seconds":90})");
  EXPECT_EQ(called("Set a timer for an hour and a half"), R"(set_timer{"seconds":5400})");
  EXPECT_EQ(called("Remind me in ten minutes and thirty seconds"), R"(set_timer{"seconds":630})");
  EXPECT_EQ(called("Cancel the timer"), "stop_timers{}");
  EXPECT_EQ(called("What is 17 times 23?"), R"(calculate{"expression":"17 times 23"})");
  EXPECT_EQ(called("How much is fifteen percent of eighty?"),
            R"(calculate{"expression":"fifteen percent of eighty"})");
  EXPECT_EQ(called("What is one divided by zero?"),
            R"(calculate{"expression":"one divided by zero"})");
  EXPECT_EQ(called("Remember that my key is under the mat."),
            R"(remember{"fact":"my key is under the mat"})");
  EXPECT_EQ(called("What did I tell you about my key?"), R"(recall{"about":"my key"})");
  EXPECT_EQ(called("What do you remember?"), R"(recall{"about":""})");
}

TEST(ToolRules, OtherWordsAskForNothing) {
  for (const char* text :
       {"Hello, how are you?", "What is the weather like?", "I once had the time of my life.",
        "What is five?", "Set the table for two.", "Set a timer.", "Tell me a story about a timer",
        "What is love", "", "...", "Set a timer for nine million hours", "remember"}) {
    EXPECT_EQ(called(text), "nothing") << text;
  }
}

TEST(ToolRules, Durations) {
  const auto seconds = [](std::string_view text) {
    std::size_t at = 0;
    return take_duration(spoken_words(text), at).value_or(-1);
  };
  EXPECT_EQ(seconds("two and a half minutes"), 150);
  EXPECT_EQ(seconds("half an hour"), 1800);
  EXPECT_EQ(seconds("a minute"), 60);
  EXPECT_EQ(seconds("1 hour, 2 minutes and 3 seconds"), 3723);
  EXPECT_EQ(seconds("five apples"), -1);
  EXPECT_EQ(duration_text(3723), "1 hour, 2 minutes and 3 seconds");
  EXPECT_EQ(duration_text(300), "5 minutes");
  EXPECT_EQ(duration_text(0), "0 seconds");
}

}  // namespace
}  // namespace parley::backend
