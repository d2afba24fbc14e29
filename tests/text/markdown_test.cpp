// SPDX-License-Identifier: Apache-2.0
#include "text/markdown.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/text/speak.h"

namespace parley::text {
namespace {

struct Case {
  std::string_view written;
  std::string_view spoken;
};

TEST(Markdown, IsNeverReadAloud) {
  const std::vector<Case> cases = {
      {"This is **bold**, *so* and ***both***.", "This is bold, so and both."},
      {"An __under__ and _line_, ~~gone~~ here.", "An under and line, gone here."},
      {"Use `make all` now.", "Use make all now."},
      {"## A heading\nText.", "A heading. Text."},
      {"Title\n=====\nText.", "Title. Text."},
      {"> A quote\n> goes on.", "A quote goes on."},
      {"- Eggs\n- Milk\n* Bread\n+ Salt", "Eggs. Milk. Bread. Salt"},
      {"• Eggs\n• Milk", "Eggs. Milk"},
      {"- [ ] Call home\n- [x] Eat", "Call home. Eat"},
      {"One.\n\n---\n\nMore words.", "One. More words."},
      {"See [the docs](https://x.org/a_(b) \"Title\") now.", "See the docs now."},
      {"See [the docs][1] now.", "See the docs now."},
      {"A picture: ![a red cat](cat.png)!", "A picture: a red cat!"},
      {"It is known[^1] well.", "It is known well."},
      {"| Name | Age |\n|------|:---:|\n| Ann | old |", "Name, Age. Ann, old"},
      {"Line<br>break and <b>bold</b> <a href=\"x\">link</a>.", "Line. break and bold link."},
      {"Run:\n```sh\nrm -rf /\n```\nDone.", "Run: Done."},
      {"Run:\n~~~~\n~~~\nx\n~~~~\nDone.", "Run: Done."},
      {"Great 😀👍🏽 work 👨‍👩‍👧 and 🇩🇪!", "Great work and!"},
  };
  for (const Case& c : cases) EXPECT_EQ(said(c.written), c.spoken) << c.written;
}

TEST(Markdown, LeavesTextAlone) {
  const std::vector<Case> cases = {
      {"A snake_case name.", "A snake_case name."},
      {"If a < b then go.", "If a < b then go."},
      {"Wait! [Really] yes.", "Wait! Really yes."},
      {"[Not a link](but a remark that follows) here.", "Not a link a remark that follows, here."},
  };
  TextOptions options;
  options.normalise = false;
  for (const Case& c : cases) EXPECT_EQ(said(c.written, options), c.spoken) << c.written;
}

TEST(Markdown, JoinsLinesThatAWidthWrapped) {
  EXPECT_EQ(said("This line goes on\nin the next one."), "This line goes on in the next one.");
  EXPECT_EQ(said("This is quite a long line, for it was wrapped at some width by\nSomebody."),
            "This is quite a long line, for it was wrapped at some width by Somebody.");
  EXPECT_EQ(said("Roses are red\nViolets are blue"), "Roses are red. Violets are blue");
}

TEST(Markdown, PausesBetweenParagraphs) {
  const std::vector<SpokenChunk> chunks = speak("# Title\n\nFirst words here.\n\n\nSecond ones.");
  ASSERT_EQ(chunks.size(), 3U);
  EXPECT_EQ(chunks[0].pause_before, Millis{0});  // nothing was said before
  EXPECT_GT(chunks[1].pause_before, Millis{0});
  EXPECT_EQ(chunks[2].pause_before, chunks[1].pause_before);
}

TEST(Markdown, SaysTheNumbersOfAList) {
  EXPECT_EQ(said("1. Wash hands\n2) Eat"), "one, Wash hands. two, Eat");
  EXPECT_EQ(said("In\n1984. It was"), "In. nineteen eighty-four. It was");
}

// Whatever is not closed costs at most its own line.
TEST(Markdown, GoesOnAfterWhatIsNotClosed) {
  EXPECT_EQ(said("See [this](http://x\nNext line."), "See this. Next line.");
  EXPECT_EQ(said("A **bold start\nNext line."), "A bold start. Next line.");
}

TEST(Markdown, KeepsNoneOfASilentStretch) {
  std::string text = "Look here: ![a cat](data:image/png;base64,";
  text += std::string(300'000, 'A');
  text += ") and there.";
  SpokenText spoken({});
  std::string said_so_far;
  for (std::size_t at = 0; at < text.size(); at += 1000) {
    ASSERT_TRUE(spoken.append(text.substr(at, 1000)));
    ASSERT_LT(spoken.pending(), 1000U);
    while (auto chunk = spoken.next()) said_so_far += chunk->spoken + "|";
  }
  ASSERT_TRUE(spoken.finish());
  while (auto chunk = spoken.next()) {
    EXPECT_EQ(text.substr(chunk->offset, chunk->written.size()), chunk->written);
    said_so_far += chunk->spoken + "|";
  }
  EXPECT_EQ(said_so_far, "Look here:|a cat|and there.|");
}

}  // namespace
}  // namespace parley::text
