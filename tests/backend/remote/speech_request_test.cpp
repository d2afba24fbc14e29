// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/speech_request.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

TEST(WithoutPhonemes, LeavesTheRest) {
  EXPECT_EQ(without_phonemes("Say [[tˈɛst]] now."), "Say  now.");
  EXPECT_EQ(without_phonemes("[[a]][[b]]"), "");
  EXPECT_EQ(without_phonemes("No end [[here"), "No end [[here");
  EXPECT_EQ(without_phonemes("plain"), "plain");
}

TEST(SpeechRequest, IsWhatOpenAiReads) {
  const boost::json::value made =
      boost::json::parse(make_speech_request("Say \"hi\".", "kokoro", "nova", 1.5F));
  EXPECT_EQ(made, boost::json::parse(R"({"model":"kokoro","input":"Say \"hi\".","voice":"nova",
                                         "response_format":"pcm","speed":1.5})"));
}

TEST(SpeechRequest, SaysNoMoreThanItMust) {
  const std::string made = make_speech_request("Hi.", "m", "alloy", 1.0F);
  EXPECT_EQ(boost::json::parse(made), boost::json::parse(R"({"model":"m","input":"Hi.",
                                      "voice":"alloy","response_format":"pcm"})"));
}

}  // namespace
}  // namespace parley::backend
