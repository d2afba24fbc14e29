// SPDX-License-Identifier: Apache-2.0
#include "server/twilio/twilio_route.h"

#include <string>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/sha1.h"
#include "protocol/twilio/voice_request.h"
#include "tests/support/speech_server.h"

namespace parley::server {
namespace {

using test::Headers;
using test::http;

std::string signature(std::string_view token, std::string_view url,
                      const protocol::FormFields& fields = {}) {
  std::string text;
  base64_append(text, hmac_sha1(token, protocol::twilio_signed_text(url, fields)));
  return text;
}

class TwilioRouteTest : public ::testing::Test {
 protected:
  [[nodiscard]] int voice(const Headers& headers, const std::string& query = "") const {
    return http(place.port(), "GET", "/twilio/voice" + query, headers).status;
  }
  /// As the client of tests says Host.
  [[nodiscard]] static std::string address() { return "127.0.0.1"; }

  test::SpeechServer place;
};

// The example of Twilio's own libraries.
TEST(TwilioSignature, IsTheirs) {
  EXPECT_EQ(signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2",
                      {{"CallSid", "CA1234567890ABCDE"},
                       {"Digits", "1234"},
                       {"From", "+14158675309"},
                       {"To", "+18005551212"},
                       {"Caller", "+14158675309"}}),
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
}

TEST_F(TwilioRouteTest, ACallIsConnectedToTheSocketOfTheNameThatWasAsked) {
  place.start();
  const auto answer = http(place.port(), "POST", "/twilio/voice");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), "text/xml");
  EXPECT_NE(answer.body.find("<Connect><Stream url=\"ws://" + address() + "/twilio/media\">"),
            std::string::npos)
      << answer.body;
  const auto behind = http(place.port(), "GET", "/twilio/voice", {{"X-Forwarded-Proto", "https"}});
  EXPECT_NE(behind.body.find("wss://"), std::string::npos);
  EXPECT_EQ(http(place.port(), "DELETE", "/twilio/voice").status, 405);
  EXPECT_EQ(http(place.port(), "GET", "/twilio/media").status, 426);
}

TEST_F(TwilioRouteTest, WhereATokenIsSetWhatIsNotSignedIsRefused) {
  place.config.twilio.auth_token = "12345";
  place.start();
  const std::string url = "http://" + address() + "/twilio/voice";
  EXPECT_EQ(voice({}), 403);
  EXPECT_EQ(voice({{"X-Twilio-Signature", "nonsense"}}), 403);
  EXPECT_EQ(voice({{"X-Twilio-Signature", signature("12346", url)}}), 403);
  EXPECT_EQ(voice({{"X-Twilio-Signature", signature("12345", url)}}), 200);
  EXPECT_EQ(voice({{"X-Twilio-Signature", signature("12345", url)}}, "?a=b"), 403);
  test::WebSocketClient refused(place.port(), "/twilio/media");
  EXPECT_EQ(refused.answer().status, 403);
  test::WebSocketClient taken(
      place.port(), "/twilio/media",
      {{"X-Twilio-Signature", signature("12345", "ws://" + address() + "/twilio/media")}});
  EXPECT_EQ(taken.answer().status, 101);
}

TEST_F(TwilioRouteTest, WhatOnlyListensIsSignedForAnAddressOfItsOwn) {
  place.config.twilio.auth_token = "12345";
  place.start();
  const auto status = [&](const char* signed_path) {
    const std::string url = "ws://" + address() + signed_path;
    return test::WebSocketClient(place.port(), "/twilio/listen",
                                 {{"X-Twilio-Signature", signature("12345", url)}})
        .answer()
        .status;
  };
  EXPECT_EQ(status("/twilio/media"), 403);
  EXPECT_EQ(status("/twilio/listen"), 404) << "and nobody would get its words";
}

TEST_F(TwilioRouteTest, ThePublicAddressIsSignedAndConnectedTo) {
  place.config.twilio.auth_token = "12345";
  place.config.twilio.public_url = "https://calls.example.org";
  place.start();
  const Headers headers{
      {"X-Twilio-Signature", signature("12345", "https://calls.example.org/twilio/voice")}};
  const auto answer = http(place.port(), "GET", "/twilio/voice", headers);
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find("wss://calls.example.org/twilio/media"), std::string::npos);
}

TEST_F(TwilioRouteTest, WhereKeysAreWantedCallsDrawOnOne) {
  place.config.server.api_keys = {"sesame"};
  place.config.twilio.auth_token = "12345";
  place.start();
  const Headers headers{
      {"X-Twilio-Signature", signature("12345", "ws://" + address() + "/twilio/media")}};
  EXPECT_EQ(test::WebSocketClient(place.port(), "/twilio/media", headers).answer().status, 401);
}

TEST_F(TwilioRouteTest, WithoutATokenNobodyComesInWhereKeysAreWanted) {
  place.config.server.api_keys = {"sesame"};
  place.config.twilio.key = "sesame";
  place.start();
  EXPECT_EQ(voice({}), 403);
  EXPECT_EQ(test::WebSocketClient(place.port(), "/twilio/media").answer().status, 403);
}

TEST_F(TwilioRouteTest, TheKeyOfCallsLetsThemIn) {
  place.config.server.api_keys = {"sesame"};
  place.config.twilio.key = "sesame";
  place.config.twilio.auth_token = "12345";
  place.config.limits.key_sessions = 1;
  place.start();
  const Headers headers{
      {"X-Twilio-Signature", signature("12345", "ws://" + address() + "/twilio/media")}};
  const test::WebSocketClient one(place.port(), "/twilio/media", headers);
  EXPECT_EQ(one.answer().status, 101);
  EXPECT_EQ(test::WebSocketClient(place.port(), "/twilio/media", headers).answer().status, 429);
}

}  // namespace
}  // namespace parley::server
