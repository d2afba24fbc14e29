// SPDX-License-Identifier: Apache-2.0
#include "backend/phonemizer/phonemizer_protocol.h"

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

TEST(PhonemizerProtocol, WritesARequest) {
  const auto request = phonemizer_request("Hello,\nworld", "en-us");
  ASSERT_TRUE(request);
  EXPECT_EQ(*request, "en-us 12\nHello,\nworld");
}

TEST(PhonemizerProtocol, RefusesWhatTheProgramWould) {
  EXPECT_FALSE(phonemizer_request(std::string(kPhonemizerTextMax + 1, 'a'), "en-us"));
  EXPECT_FALSE(phonemizer_request("a", ""));
  EXPECT_FALSE(phonemizer_request("a", "en us"));
  EXPECT_FALSE(phonemizer_request("a", "en\nus"));
  EXPECT_FALSE(phonemizer_request("a", std::string(kPhonemizerVoiceMax + 1, 'a')));
}

TEST(PhonemizerProtocol, WaitsForTheWholeReply) {
  const std::string whole = "ok 5\nhello";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto reply = parse_phonemizer_reply(whole.substr(0, length));
    ASSERT_TRUE(reply) << length;
    EXPECT_FALSE(*reply) << length;
  }
  const auto reply = parse_phonemizer_reply(whole);
  ASSERT_TRUE(reply);
  ASSERT_TRUE(*reply);
  EXPECT_TRUE((*reply)->is_ok);
  EXPECT_EQ((*reply)->text, "hello");
}

TEST(PhonemizerProtocol, TellsErrors) {
  const auto reply = parse_phonemizer_reply("error 3\nbad");
  ASSERT_TRUE(reply && *reply);
  EXPECT_FALSE((*reply)->is_ok);
  EXPECT_EQ((*reply)->text, "bad");
}

TEST(PhonemizerProtocol, RefusesWhatIsNoReply) {
  for (const char* bytes :
       {"yes 3\nbad", "ok\n", "ok -1\n", "ok 3x\nbad", "ok 262145\n", "ok 2\nbad",
        "ok 99999999999999999999\n", "a line that is far too long for a head"}) {
    const auto reply = parse_phonemizer_reply(bytes);
    ASSERT_FALSE(reply) << bytes;
    EXPECT_EQ(reply.error().code, ErrorCode::data_corrupt);
  }
}

}  // namespace
}  // namespace parley::backend
