// SPDX-License-Identifier: Apache-2.0
#include "protocol/protocol_error.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

// Some clients read these forms as text.
TEST(ProtocolError, SpeaksTheFormsOfTheApi) {
  EXPECT_EQ(missing_parameter("session.type").message,
            "Missing required parameter: 'session.type'.");
  EXPECT_EQ(unknown_parameter("session.x").message, "Unknown parameter: 'session.x'.");
  EXPECT_EQ(unsupported_value("type", "x", "'a' and 'b'").message,
            "Invalid value: 'x'. Supported values are: 'a' and 'b'.");
  EXPECT_EQ(invalid_type("item.id", "a string", "null").message,
            "Invalid type for 'item.id': expected a string, but got null instead.");
}

TEST(ProtocolError, DoesNotRepeatEndlessValues) {
  EXPECT_LT(unsupported_value("type", std::string(10'000, 'x'), "'a'").message.size(), 200U);
}

TEST(ProtocolError, NamesTheReasonOfAClose) {
  ProtocolError error;
  error.code = "invalid_api_key";
  EXPECT_EQ(close_reason(error), "invalid_request_error.invalid_api_key");
}

}  // namespace
}  // namespace parley::protocol
