// SPDX-License-Identifier: Apache-2.0
#include "protocol/transcription/language_name.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

TEST(LanguageName, CodesComeInSeveralSpellings) {
  for (const char* text : {"en", "EN", "en-US", "en_gb", " en ", "english", "English"}) {
    EXPECT_EQ(language_code(text), "en") << text;
  }
  EXPECT_EQ(language_code("yue"), "yue");
  EXPECT_EQ(language_code("zh-Hant-TW"), "zh");
  EXPECT_EQ(language_code("Haitian Creole"), "ht");
  for (const char* text : {"", "e", "e1", "engl", "-", "en\n", "ää"}) {
    EXPECT_FALSE(language_code(text)) << text;
  }
}

TEST(LanguageName, NamesAreWhispers) {
  EXPECT_EQ(language_name("en"), "english");
  EXPECT_EQ(language_name("yue"), "cantonese");
  EXPECT_EQ(language_name("tlh"), "tlh");
}

}  // namespace
}  // namespace parley::protocol
