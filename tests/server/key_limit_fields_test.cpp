// SPDX-License-Identifier: Apache-2.0
#include "server/key_limit_fields.h"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

TEST(KeyLimitFields, EachSetsALimitOfItsOwn) {
  for (const KeyLimitField& field : key_limit_fields()) {
    EXPECT_EQ(find_key_limit(field.name), &field);
    KeyLimits limits;
    ASSERT_TRUE(set_key_limit(limits, field, "7")) << field.name;
    for (const KeyLimitField& other : key_limit_fields()) {
      const bool is_set = std::visit(
          [&](auto member) { return limits.*member != KeyLimits{}.*member; }, other.member);
      EXPECT_EQ(is_set, other.name == field.name) << field.name << " sets " << other.name;
    }
  }
  EXPECT_EQ(find_key_limit("size"), nullptr);
}

TEST(KeyLimitFields, RefusesWhatIsNoLimit) {
  const KeyLimitField& whole = *find_key_limit("streams");
  const KeyLimitField& money = *find_key_limit("budget_per_day");
  KeyLimits limits;
  for (const char* text : {"", "-1", "1.5", "many", "7 ", "99999999999"}) {
    EXPECT_FALSE(set_key_limit(limits, whole, text)) << text;
  }
  for (const char* text : {"", "-1", "nan", "inf", "1,5"}) {
    EXPECT_FALSE(set_key_limit(limits, money, text)) << text;
  }
  EXPECT_EQ(limits, KeyLimits{});
  EXPECT_EQ(set_key_limit(limits, whole, "many").error().message,
            "streams = 'many': expected a number, or 0");
}

}  // namespace
}  // namespace parley::server
