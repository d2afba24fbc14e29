// SPDX-License-Identifier: Apache-2.0
#include "operators/tts/say_operator.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/tts/spoken_delta.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::TextDelta;
using media::Transcript;

Transcript heard(std::string text, bool is_final = true) {
  Transcript transcript;
  transcript.text = std::move(text);
  transcript.is_final = is_final;
  return transcript;
}

std::unique_ptr<SayOperator> say() { return std::make_unique<SayOperator>(text::TextOptions{}); }

/// What is said, with a stroke where an utterance ends.
std::string spoken(const std::vector<TextDelta>& clauses) {
  std::string all;
  for (const TextDelta& clause : clauses) {
    if (clause.spoken != nullptr) all += clause.spoken->text;
    all += clause.head.is_last ? "|" : " ";
  }
  return all;
}

TEST(SayOperator, EachFinalTranscriptIsATextOfItsOwn) {
  test::OperatorHarness harness(say());
  ASSERT_TRUE(harness.open());
  harness.feed("transcripts", heard("It costs", false));
  harness.feed("transcripts", heard("It costs $5."));
  harness.feed("transcripts", heard(""));
  harness.feed("transcripts", heard("Thank you."));
  harness.run();
  EXPECT_EQ(spoken(harness.read<TextDelta>("clauses")), "It costs five dollars. |Thank you. |");
}

TEST(SayOperator, ASlowVoiceHoldsUpNobody) {
  test::OperatorHarness harness(say(), {.node = {}, .outlet_capacity = 1});
  ASSERT_TRUE(harness.open());
  for (std::size_t i = 0; i < kUtterancesToSayMax + 3; ++i) {
    EXPECT_TRUE(harness.feed("transcripts", heard("One " + std::to_string(i) + ".")));
    harness.run();
  }
  const auto errors = harness.errors();
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].error.message,
            "speech is behind by more than 8 utterances: the oldest is not said");
  const std::string all = spoken(harness.read<TextDelta>("clauses"));
  EXPECT_THAT(all, testing::StartsWith("One zero. |One three. |"));
  EXPECT_THAT(all, testing::EndsWith("One ten. |"));
}

TEST(SayOperator, TextThatIsNoneIsReportedAndTheNextIsSaid) {
  test::OperatorHarness harness(say());
  ASSERT_TRUE(harness.open());
  harness.feed("transcripts", heard("\xff\xfe"));
  harness.feed("transcripts", heard("Hello."));
  harness.run();
  EXPECT_EQ(spoken(harness.read<TextDelta>("clauses")), "Hello. |");
  EXPECT_EQ(harness.errors().size(), 1U);
}

TEST(SpokenDelta, KeepsWhatIsWrittenAndWhatIsSaid) {
  text::SpokenChunk chunk;
  chunk.written = "5";
  chunk.spoken = "five";
  chunk.spans = {{0, 1, 0, 4}};
  chunk.pause_before = Millis(20);
  const TextDelta delta = spoken_delta(chunk, media::Turn{3});
  EXPECT_EQ(delta.text, "5");
  EXPECT_EQ(delta.head.turn, media::Turn{3});
  ASSERT_NE(delta.spoken, nullptr);
  EXPECT_EQ(delta.spoken->text, "five");
  EXPECT_EQ(delta.spoken->pause_before, media::MediaTime::from_ms(20));
  EXPECT_EQ(delta.spoken->spans.size(), 1U);
}

}  // namespace
}  // namespace parley::operators
