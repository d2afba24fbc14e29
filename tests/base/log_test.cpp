// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::log {
namespace {

TEST(Log, WritesOneJsonLineWithTimeLevelAndEvent) {
  testing::internal::CaptureStderr();
  warn("a \"quoted\"\nevent", {{"pid", 17}, {"share", 0.5}, {"up", true}, {"name", "x\\y"}});
  EXPECT_THAT(
      testing::internal::GetCapturedStderr(),
      testing::AllOf(testing::ContainsRegex(
                         R"(^[{]"ts":"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:]{8}[.][0-9]{3}Z",)"),
                     testing::EndsWith(R"("level":"warn","event":"a \"quoted\"\nevent",)"
                                       R"("pid":17,"share":0.5,"up":true,"name":"x\\y"})"
                                       "\n")));
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
