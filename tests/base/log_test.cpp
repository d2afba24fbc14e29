// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <regex>
#include <string>

#include <gtest/gtest.h>

namespace parley::log {
namespace {

TEST(Log, WritesOneJsonLineWithTimeLevelAndEvent) {
  testing::internal::CaptureStderr();
  warn("a \"quoted\"\nevent", {{"pid", 17}, {"share", 0.5}, {"up", true}, {"name", "x\\y"}});
  const std::string text = testing::internal::GetCapturedStderr();
  const std::regex line(
      R"(\{"ts":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"warn",)"
      R"("event":"a \\"quoted\\"\\nevent","pid":17,"share":0.5,"up":true,"name":"x\\\\y"\}\n)");
  EXPECT_TRUE(std::regex_match(text, line)) << text;
}

TEST(Log, DropsLinesBelowTheLevel) {
  testing::internal::CaptureStderr();
  debug("unseen");
  set_level(Level::error);
  warn("unseen");
  set_level(Level::off);
  error("unseen");
  set_level(Level::debug);
  debug("seen");
  set_level(Level::info);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("unseen"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("level":"debug","event":"seen"})"), std::string::npos) << text;
}

TEST(Log, TextThatLooksLikeAFormatIsTakenAsItIs) {
  testing::internal::CaptureStderr();
  info("{} %v %n", {{"value", "{0} %d"}});
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find(R"("event":"{} %v %n","value":"{0} %d"})"), std::string::npos) << text;
}

TEST(Log, LimitsAValuesLength) {
  const std::string members = format_members(Level::info, "e", {{"v", std::string(5000, 'a')}});
  EXPECT_LT(members.size(), kValueBytesMax + 100);
  EXPECT_EQ(members.substr(members.size() - 5), "a…\"");  // the ellipsis has three bytes
}

TEST(Log, ValuesOfEveryKindKeepTheirType) {
  const std::string text = "s";
  EXPECT_EQ(format_members(Level::error, "e",
                           {{"a", -1},
                            {"b", std::size_t{2}},
                            {"c", 2.5F},
                            {"d", false},
                            {"e", text},
                            {"f", std::string_view("v")}}),
            R"("level":"error","event":"e","a":-1,"b":2,"c":2.5,"d":false,"e":"s","f":"v")");
}

}  // namespace
}  // namespace parley::log
