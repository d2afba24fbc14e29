// SPDX-License-Identifier: Apache-2.0
#include "text/lexicon.h"

#include <gtest/gtest.h>

#include "tests/text/speak.h"

namespace parley::text {
namespace {

Lexicon lexicon(std::string_view lines) {
  Result<Lexicon> made = Lexicon::parse(lines, "words.txt");
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return std::move(made).value();
}

std::string said_with(std::string_view lines, std::string_view text) {
  const Lexicon words = lexicon(lines);
  TextOptions options;
  options.lexicon = &words;
  return said(text, options);
}

TEST(Lexicon, SaysWordsAsTheUserWants) {
  EXPECT_EQ(said_with("# servers\nnginx = engine x\n", "We run nginx, Nginx and NGINX."),
            "We run engine x, engine x and engine x.");
  EXPECT_EQ(said_with("GIF = [[dʒɪf]]", "A GIF, a gif."), "A [[dʒɪf]], a gif.");
  EXPECT_EQ(said_with("c++ = see plus plus", "C++ is fun; c++ too."),
            "see plus plus is fun; see plus plus too.");
}

TEST(Lexicon, TakesTheLongestEntry) {
  EXPECT_EQ(said_with("new york = N Y\nnew york city = the Big Apple\nnew = gnu",
                      "New York City, New York, new."),
            "the Big Apple, N Y, gnu.");
}

TEST(Lexicon, MatchesWholeWordsOnly) {
  EXPECT_EQ(said_with("cat = feline", "cat, cats, concat, cat's, cat-like"),
            "feline, cats, concat, feline's, feline like");
}

TEST(Lexicon, ComesBeforeEveryRule) {
  EXPECT_EQ(said_with("Dr. = Director\n42 = the answer", "Dr. Oz is 42."),
            "Director Oz is the answer.");
}

TEST(Lexicon, MatchesInsideChineseText) {
  EXPECT_EQ(said_with("重庆 = [[tʂʰʊŋ tɕʰiŋ]]", "我住在重庆市。"), "我住在[[tʂʰʊŋ tɕʰiŋ]]市。");
}

TEST(Lexicon, SaysWhichLineIsWrong) {
  const auto error = [](std::string_view lines) {
    const Result<Lexicon> made = Lexicon::parse(lines, "words.txt");
    return made ? std::string() : made.error().message;
  };
  EXPECT_EQ(error("a = b\n\nnonsense\n"), "words.txt:3: expected `word = how to say it`");
  EXPECT_EQ(error("a ="), "words.txt:1: 'a': nothing to say after the `=`");
  EXPECT_EQ(error(" = b"), "words.txt:1: no word before the `=`");
  EXPECT_EQ(error("a = b\r\na = c"), "words.txt:2: 'a' is there twice");
  EXPECT_EQ(error("a = [[b"), "words.txt:1: 'a': phonemes stand between `[[` and `]]`");
  EXPECT_EQ(error("a = b]"), "words.txt:1: 'a': phonemes stand between `[[` and `]]`");
  EXPECT_EQ(error("a = [[]]"), "words.txt:1: 'a': phonemes stand between `[[` and `]]`");
  EXPECT_EQ(error("a = \xFF"), "words.txt:1: text: not valid UTF-8 at byte 0");
  EXPECT_EQ(error(std::string(129, 'a') + " = b"), "words.txt:1: the word has more than 128 bytes");
  EXPECT_EQ(error("a = " + std::string(513, 'b')), "words.txt:1: 'a': more than 512 bytes to say");
}

TEST(Lexicon, LoadsAFile) {
  const Result<Lexicon> none = Lexicon::load("tests/text/no_such_file");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  const Result<Lexicon> some = Lexicon::load("tests/text/lexicon.txt");
  ASSERT_TRUE(some) << some.error().message;
  EXPECT_EQ(some->size(), 3U);
}

}  // namespace
}  // namespace parley::text
