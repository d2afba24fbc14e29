// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/appended_text.h"

#include <string>

#include <gtest/gtest.h>

namespace parley::operators {
namespace {

/// What is left to tell of `text` after `told`.
std::string rest(const std::string& told, const std::string& text) {
  AppendedText appended;
  EXPECT_EQ(appended.add(told, told.size()), told);
  return appended.rest(text);
}

TEST(AppendedText, TellsOnlyWhatStays) {
  AppendedText told;
  EXPECT_EQ(told.add("The cap", 0), "");
  EXPECT_EQ(told.add("The captain", 3), "The");
  EXPECT_EQ(told.add("The captain's", 3), "");
  EXPECT_EQ(told.add("The captain counted seven", 19), " captain counted");
  EXPECT_EQ(told.rest("The captain counted seven boxes."), " seven boxes.");
}

TEST(AppendedText, OfWhomNothingWasToldAllIsLeft) {
  const AppendedText told;
  EXPECT_EQ(told.rest("Good morning."), "Good morning.");
  EXPECT_EQ(told.rest(""), "");
}

TEST(AppendedText, PunctuationIsLeftToTheFinal) {
  EXPECT_EQ(rest("Good morning", "Good morning."), ".");
  EXPECT_EQ(rest("good morning", "Good morning, all."), ", all.");
}

TEST(AppendedText, GoesOnBehindTheWordsThatStandForThoseTold) {
  EXPECT_EQ(rest("for score and seven", "Four score and seven years ago"), " years ago");
  EXPECT_EQ(rest("I scream is", "Ice cream is good"), " good");
  EXPECT_EQ(rest("we went to the the", "We went to the sea."), ".");
  EXPECT_EQ(rest("went home", "We went home early."), " early.");
  EXPECT_EQ(rest("uh", "Hello there."), " there.");
}

TEST(AppendedText, OfAFinalThatSaysLessNothingIsLeft) {
  EXPECT_EQ(rest("thank you", ""), "");
  EXPECT_EQ(rest("thank you", "..."), "");
  EXPECT_EQ(rest("thank you so much", "Thank you"), "");
}

TEST(AppendedText, WritingWithoutSpacesGoesOnByCharacters) {
  EXPECT_EQ(rest("今天天", "今天天气很好。"), "气很好。");
}

TEST(AppendedText, InALongTextItsEndTellsWhereToGoOn) {
  std::string told = "um";
  std::string text = "Well, well";
  for (int i = 0; i < 200; ++i) {
    told += " w" + std::to_string(i);
    text += " w" + std::to_string(i);
  }
  EXPECT_EQ(rest(told, text + " and so on."), " and so on.");
  EXPECT_EQ(rest(told, "Nothing of that."), ".");
}

}  // namespace
}  // namespace parley::operators
