// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/wake_phrase.h"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

TEST(WakePhrase, WordsAreComparedByTheirLetters) {
  EXPECT_TRUE(has_phrase("Well. Hey, Jarvis! What is up?", "hey_jarvis"));
  EXPECT_TRUE(has_phrase("alexa", "Alexa"));
  EXPECT_TRUE(has_phrase("It's 7 now", "its 7"));
  EXPECT_FALSE(has_phrase("They jarvised", "hey jarvis"));
  EXPECT_FALSE(has_phrase("hey", "hey jarvis"));
  EXPECT_FALSE(has_phrase("anything", ""));
  EXPECT_FALSE(has_phrase("", "alexa"));
}

}  // namespace
}  // namespace parley::server
