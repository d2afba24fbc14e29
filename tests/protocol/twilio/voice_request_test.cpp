// SPDX-License-Identifier: Apache-2.0
#include "protocol/twilio/voice_request.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

TEST(VoiceRequest, FieldsOfAForm) {
  const FormFields expected{
      {"From", "+14158675309"}, {"a b", "c&d"}, {"empty", ""}, {"alone", ""}, {"bad", "%zz%4"}};
  EXPECT_EQ(parse_form_fields("From=%2B14158675309&a+b=c%26d&&empty=&alone&bad=%zz%4"), expected);
  EXPECT_TRUE(parse_form_fields("").empty());
  std::string many;
  for (std::size_t i = 0; i < 2 * kFormFieldsMax; ++i) many += "a=b&";
  EXPECT_EQ(parse_form_fields(many).size(), kFormFieldsMax);
}

// The example of Twilio's own libraries, whose signature is checked in tests/server/twilio.
TEST(VoiceRequest, WhatIsSignedIsTheAddressAndTheSortedFields) {
  EXPECT_EQ(twilio_signed_text(
                "https://mycompany.com/myapp.php?foo=1&bar=2",
                parse_form_fields("To=%2B18005551212&CallSid=CA1234567890ABCDE&Digits=1234&"
                                  "From=%2B14158675309&Caller=%2B14158675309")),
            "https://mycompany.com/myapp.php?foo=1&bar=2CallSidCA1234567890ABCDECaller+14158675309"
            "Digits1234From+14158675309To+18005551212");
  EXPECT_EQ(twilio_signed_text("wss://a/b", {}), "wss://a/b");
}

TEST(VoiceRequest, TheAnswerIsXml) {
  EXPECT_EQ(connect_stream_xml("wss://a/b", {}),
            R"(<?xml version="1.0" encoding="UTF-8"?><Response><Connect><Stream url="wss://a/b">)"
            R"(</Stream></Connect></Response>)");
  EXPECT_EQ(connect_stream_xml("wss://a/b", {{"who", "<\"Jane\" & Co>\x01"}}),
            R"(<?xml version="1.0" encoding="UTF-8"?><Response><Connect><Stream url="wss://a/b">)"
            R"(<Parameter name="who" value="&lt;&quot;Jane&quot; &amp; Co&gt;"/>)"
            R"(</Stream></Connect></Response>)");
}

}  // namespace
}  // namespace parley::protocol
