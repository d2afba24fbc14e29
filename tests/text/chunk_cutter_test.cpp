// SPDX-License-Identifier: Apache-2.0
#include "text/chunk_cutter.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/text/speak.h"

namespace parley::text {
namespace {

using Chunks = std::vector<std::string>;

/// What the chunks are written as.
Chunks written(std::string_view text, TextOptions options = {}) {
  Chunks out;
  for (const SpokenChunk& chunk : speak(text, options)) out.push_back(chunk.written);
  return out;
}

TEST(ChunkCutter, EndsTheFirstChunkAtTheFirstClause) {
  EXPECT_EQ(written("Hello there, how are you today? I am fine, thank you, and so is she."),
            (Chunks{"Hello there,", "how are you today?", "I am fine, thank you, and so is she."}));
  EXPECT_EQ(written("Sure thing: here it is."), (Chunks{"Sure thing:", "here it is."}));
  EXPECT_EQ(written("Oh, I see that, yes."), (Chunks{"Oh, I see that,", "yes."}));
  EXPECT_EQ(written("I know what you mean — it works."),
            (Chunks{"I know what you mean", "it works."}));
}

TEST(ChunkCutter, DoesNotCutInsideAPhrase) {
  const std::string sentence =
      "The quick brown fox jumps over the lazy dog and runs into the woods.";
  EXPECT_EQ(written(sentence), Chunks{sentence});
}

TEST(ChunkCutter, MakesNoFirstChunkWhereNobodyWaits) {
  TextOptions options;
  options.first = First::like_others;
  EXPECT_EQ(written("Hello there, how are you today?", options),
            Chunks{"Hello there, how are you today?"});
}

TEST(ChunkCutter, PutsShortSentencesTogether) {
  EXPECT_EQ(written("Well, no. Yes. Maybe. Ask her."),
            (Chunks{"Well, no.", "Yes. Maybe. Ask her."}));
}

TEST(ChunkCutter, CutsLongSentencesAtAComma) {
  const std::string clause = "and then they walked along the river for a very long time, ";
  std::string text = "It began. ";
  for (int i = 0; i < 8; ++i) text += clause;
  const Chunks chunks = written(text + "and stopped.");
  ASSERT_EQ(chunks.size(), 4U);
  EXPECT_EQ(chunks[1].size(), 2 * clause.size() - 1);
  EXPECT_EQ(chunks[2].size(), 3 * clause.size() - 1);
}

TEST(ChunkCutter, KnowsFullStopsThatEndNothing) {
  for (const std::string_view whole : {
           "Dr. Smith met Mrs. Jones at St. Mary's at 9 a.m. on Jan. 5.",
           "See No. 5 on pp. 7 and 8 of vol. 3 by J. R. R. Tolkien.",
           "It costs 3.5 dollars in the U.S. and 1.234 in Europe.",
           "Use e.g. www.example.com/a.b or approx. 3 others vs. 4 before.",
           "Call 555.123.4567 or write to a.b@c.org today.",
           "Version 1.2.3 came out on March 14, 2025 at 10:30 p.m. sharp.",
           "We sold 1,234,567 of them in 1.5 years.",
           "He asked if \"St. Louis\" (Mo.) was it.",
       }) {
    EXPECT_EQ(written(whole), Chunks{std::string(whole)});
  }
}

TEST(ChunkCutter, KnowsFullStopsThatEndASentenceToo) {
  EXPECT_EQ(written("We left at 9 a.m. The sun was already up there."),
            (Chunks{"We left at 9 a.m.", "The sun was already up there."}));
  EXPECT_EQ(written("I live in the U.S. It is big and wide."),
            (Chunks{"I live in the U.S.", "It is big and wide."}));
  EXPECT_EQ(written("She said no. 5 of them left us there."),
            (Chunks{"She said no. 5 of them left us there."}));  // "No. 5" it might be
}

TEST(ChunkCutter, CutsBehindClosingQuotesAndBrackets) {
  EXPECT_EQ(written("He said \"Stop!\" Then he left the room (at last). She stayed where she was."),
            (Chunks{"He said \"Stop!\"", "Then he left the room (at last).",
                    "She stayed where she was."}));
}

TEST(ChunkCutter, KnowsChinesePunctuation) {
  EXPECT_EQ(written("你好，今天天气很好。我们去公园吧！“好的。”她说。"),
            (Chunks{"你好，", "今天天气很好。", "我们去公园吧！", "“好的。”", "她说。"}));
  EXPECT_EQ(written("你好,世界!今天3,000人来了."), (Chunks{"你好,", "世界!今天3,000人来了."}));
}

TEST(ChunkCutter, CutsWhatHasNoPunctuation) {
  std::string words;
  for (int i = 0; i < 200; ++i) words += "wide and open ";
  for (const SpokenChunk& chunk : speak(words)) {
    EXPECT_LE(chunk.written.size(), kChunkBytesMax);
    EXPECT_GE(chunk.written.size(), 40U);
    EXPECT_TRUE(chunk.written.starts_with("and ") || chunk.offset == 0) << chunk.written;
  }
  for (const SpokenChunk& chunk : speak(std::string(5000, 'x'))) {
    EXPECT_LE(chunk.written.size(), kChunkBytesMax);
  }
  std::string wide;
  for (int i = 0; i < 2000; ++i) wide += "好";
  for (const SpokenChunk& chunk : speak(wide)) EXPECT_LE(chunk.written.size(), kChunkBytesMax + 2);
}

TEST(ChunkCutter, WaitsForWhatANumberGoesOnWith) {
  SpokenText text({});
  ASSERT_TRUE(text.append("It has 3."));
  EXPECT_FALSE(text.next());
  ASSERT_TRUE(text.append("5 kg"));
  EXPECT_FALSE(text.next());
  ASSERT_TRUE(text.append(", or 5"));
  EXPECT_EQ(text.next()->spoken, "It has three point five kilograms,");
  ASSERT_TRUE(text.append(" MB more."));
  ASSERT_TRUE(text.finish());
  EXPECT_EQ(text.next()->spoken, "or five megabytes more.");
}

TEST(ChunkCutter, GivesAClauseOutWithTheSpaceBehindIt) {
  SpokenText text({});
  ASSERT_TRUE(text.append("Hello there,"));
  EXPECT_FALSE(text.next());
  ASSERT_TRUE(text.append(" "));
  ASSERT_TRUE(text.next());
}

}  // namespace
}  // namespace parley::text
