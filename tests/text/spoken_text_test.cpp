// SPDX-License-Identifier: Apache-2.0
#include "text/spoken_text.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/text/speak.h"
#include "text/utf8.h"

namespace parley::text {
namespace {

constexpr std::string_view kLetter =
    "Dear Dr. O'Neill,\n\nthe *2nd* invoice (No. 17) of March 14, 2025 is $1,234.50, i.e. 5% more "
    "than expected; see https://example.com/a_b?c=d or call +1 (555) 123-4567 before 9:15 a.m.!\n"
    "- 10-12 kg at 25 °C\n- [x] done 👍🏽\n\n| a | b |\n|---|---|\n| 1/2 | 3.5 |\n```\ncode\n```\n"
    "Louis XIV — the Sun King… — said “no”. 今天是2025年3月14日，气温25°C。Voilà l'été & co.";

bool same(const std::vector<SpokenChunk>& a, const std::vector<SpokenChunk>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].spoken != b[i].spoken || a[i].written != b[i].written || a[i].offset != b[i].offset ||
        a[i].pause_before != b[i].pause_before) {
      return false;
    }
  }
  return true;
}

TEST(SpokenText, SaysTheSameHoweverTheTextIsCut) {
  const std::vector<SpokenChunk> whole = speak(kLetter, {}, kLetter.size());
  for (const std::size_t piece : {1U, 2U, 3U, 5U, 7U, 16U, 61U}) {
    EXPECT_TRUE(same(speak(kLetter, {}, piece), whole)) << piece;
  }
}

/// Text in which much may go wrong: the kinds of things that rules look for, in any order.
std::string random_text(Random& random, std::size_t parts) {
  static const std::vector<std::string> kParts = {
      "a",           "the ",  "Hello",    " ",   " ",    "\n",       "\n\n", ".",    ",",
      "!",           "? ",    "...",      "5",   "12",   "1,000",    "$",    "€",    "%",
      "-",           "–",     "—",        ":",   "/",    "(",        ")",    "[",    "]",
      "[[",          "]]",    "*",        "**",  "_",    "`",        "```",  "~",    "#",
      "# ",          "- ",    "| ",       "<",   ">",    "<b>",      "\\",   "&",    "@",
      "a.m.",        "Dr. ",  "U.S.",     "XIV", "NASA", "March ",   "14",   "2025", "3/4",
      "http://x.y/", "1.2.3", "555-1234", "km",  "°C",   "million ", "好",   "。",   "年",
      "月",          "é",     "😀",       "\"",  "'",    "’s",       "=",    "+",    "½",
      "No. ",        "'90s"};
  std::string text;
  for (std::size_t i = 0; i < parts; ++i) text += kParts[random.next() % kParts.size()];
  return text;
}

TEST(SpokenText, SaysTheSameOfRandomTextHoweverItIsCut) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    Random random(seed);
    const std::string text = random_text(random, 40 + seed % 60);
    const std::vector<SpokenChunk> whole = speak(text, {}, text.size());
    ASSERT_TRUE(same(speak(text, {}, 1), whole)) << seed << ": " << text;
    ASSERT_TRUE(same(speak(text, {}, 7), whole)) << seed << ": " << text;
  }
}

/// A line of 48 characters is a line, and one of 50 may be a wrapped one: markup does not count.
TEST(SpokenText, CountsALineAlikeHoweverItIsCut) {
  constexpr std::string_view kLines = "*_  -->>>- (No. 17) 5%. Duponv paiea@Dear Dr. O'Neil\n,%";
  const std::vector<SpokenChunk> whole = speak(kLines, {}, kLines.size());
  EXPECT_EQ(whole.size(), 3U);
  EXPECT_TRUE(same(speak(kLines, {}, 1), whole));
}

TEST(SpokenText, SaysTheSameOfTextWithoutPunctuation) {
  std::string words;
  for (int i = 0; i < 100; ++i) words += i % 7 == 0 ? "and " : "wide ";
  for (const std::string& text : {words, std::string(2000, 'x'), std::string(700, '7')}) {
    const std::vector<SpokenChunk> whole = speak(text, {}, text.size());
    for (const SpokenChunk& chunk : whole) EXPECT_LE(chunk.written.size(), kChunkBytesMax);
    for (const std::size_t piece : {1U, 4U}) EXPECT_TRUE(same(speak(text, {}, piece), whole));
  }
}

TEST(SpokenText, SaysEveryWordOfPlainText) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    std::string text;
    for (int i = 0; i < 60; ++i) {
      constexpr std::string_view kLetters = "abcXYZ0123456789 ,.;:!?%$/-+ '";
      text += kLetters[random.next() % kLetters.size()];
    }
    speak("x" + text, {}, 1024, true);
    if (HasFailure()) FAIL() << text;
  }
}

TEST(SpokenText, NamesTheByteThatIsNotUtf8) {
  SpokenText text({});
  ASSERT_TRUE(text.append("All is well, "));
  const Status bad = text.append("so far\xFF and on");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(bad.error().message, "text: not valid UTF-8 at byte 19");
  EXPECT_EQ(text.append("more").error().message, bad.error().message);
  EXPECT_EQ(text.next()->spoken, "All is well,");
  EXPECT_FALSE(text.finish());
}

TEST(SpokenText, NoticesACharacterThatIsCutOff) {
  SpokenText text({});
  ASSERT_TRUE(text.append("caf\xC3"));
  ASSERT_TRUE(text.append("\xA9 and"));
  ASSERT_TRUE(text.append(" na\xC3"));
  const Status end = text.finish();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().message, "text: not valid UTF-8 at byte 12");
}

TEST(SpokenText, DropsControlCharacters) {
  EXPECT_EQ(said(std::string("He\0l\x07lo\x1B wor\xE2\x80\x8Bld.", 18)), "Hello world.");
}

TEST(SpokenText, GivesOutAtOnceWhatIsFlushed) {
  SpokenText text({});
  ASSERT_TRUE(text.append("How are you"));
  EXPECT_FALSE(text.next());
  text.flush();
  EXPECT_EQ(text.next()->spoken, "How are you");
  ASSERT_TRUE(text.append("I am fine, thanks."));  // a first chunk again
  EXPECT_EQ(text.next()->spoken, "I am fine,");
  text.flush();
  EXPECT_EQ(text.next()->spoken, "thanks.");
  text.flush();
  EXPECT_FALSE(text.next());
  EXPECT_EQ(text.pending(), 0U);
}

TEST(SpokenText, TakesNoMoreThanItsLimit) {
  SpokenText text({});
  const std::string piece(kPendingBytesMax - 10, 'a');
  ASSERT_TRUE(text.append(piece));
  const Status full = text.append("01234567890");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::resource_exhausted);
  ASSERT_TRUE(text.append("0123456789"));
  while (text.next()) {
  }
  EXPECT_LT(text.pending(), kChunkBytesMax);
  EXPECT_TRUE(text.append("01234567890"));
}

TEST(SpokenText, SaysNothingWhereThereIsNothingToSay) {
  for (const std::string_view nothing :
       {"", " ", "\n\n\n", "***", "---", "😀", "...", "\"\"", "()"}) {
    EXPECT_TRUE(speak(nothing).empty()) << nothing;
  }
}

TEST(SpokenText, KeepsItsHandsOffNumbersWhenAsked) {
  TextOptions options;
  options.normalise = false;
  EXPECT_EQ(said("It is **5%** of $3.", options), "It is 5% of $3.");
}

TEST(SpokenText, GivesNoVoicePhonemesFromTheText) {
  for (const bool normalise : {true, false}) {
    TextOptions options;
    options.normalise = normalise;
    for (const std::string_view text :
         {"Say [[hh@loU]] now.", "Say \\[\\[hh@loU\\]\\] now.", "a[[b]]c", "x [ [ y ] ] z"}) {
      EXPECT_EQ(said(text, options).find_first_of("[]"), std::string::npos) << text;
    }
  }
}

}  // namespace
}  // namespace parley::text
