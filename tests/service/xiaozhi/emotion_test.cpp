// SPDX-License-Identifier: Apache-2.0
#include "service/xiaozhi/emotion.h"

#include <gtest/gtest.h>

#include "service/xiaozhi/wake_words.h"

namespace parley::service {
namespace {

TEST(Emotion, TheFirstFaceCounts) {
  EXPECT_EQ(emotion_of("Well 🚀 😭 no 😂")->name, "crying");
  EXPECT_EQ(emotion_of("❤️")->name, "loving");
  EXPECT_FALSE(emotion_of("no face 🚀"));
  EXPECT_FALSE(emotion_of("\xF0\x9F\x98"));  // the rest has not come
}

TEST(Emotion, ScreensGetTheWordsAlone) {
  EXPECT_EQ(without_emoji("😊 It is noon. "), "It is noon.");
  EXPECT_EQ(without_emoji("I ❤️ you 👨‍👩‍👧 all"), "I you all");
  EXPECT_EQ(without_emoji("你好😀小智"), "你好小智");
  EXPECT_EQ(without_emoji("😊"), "");
  EXPECT_EQ(without_emoji("a  b"), "a  b");
}

TEST(WakeWords, AreKnownHoweverTheyAreWritten) {
  EXPECT_TRUE(is_known_wake_word("你好，小智。"));
  EXPECT_TRUE(is_known_wake_word("Hi, ESP!"));
  EXPECT_TRUE(is_known_wake_word("jarvis"));
  EXPECT_FALSE(is_known_wake_word("What time is it?"));
  EXPECT_FALSE(is_known_wake_word(""));
  EXPECT_EQ(bare_words(" Hey, Bella 2! 😊"), "heybella2");
}

}  // namespace
}  // namespace parley::service
