// SPDX-License-Identifier: Apache-2.0
#include "operators/tts/tts_operator.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operators/tts/clause_operator.h"
#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::AudioFrame;
using media::TextDelta;

class HeldHost final : public model::TtsHost {
 public:
  bool submit(std::shared_ptr<model::TtsCall> call) noexcept override {
    held.push_back(std::move(call));
    return true;
  }
  [[nodiscard]] int rate() const noexcept override { return 22'050; }
  [[nodiscard]] Nanos backlog() const noexcept override { return {}; }
  void answer(std::size_t samples, Status status = {}) {
    const std::shared_ptr<model::TtsCall> call = held.front();
    held.erase(held.begin());
    if (samples > 0) call->audio = pool.copy_of(std::vector<float>(samples, 0.1F));
    call->status = std::move(status);
    call->finish();
  }
  media::BufferPool pool;
  std::vector<std::shared_ptr<model::TtsCall>> held;
};

TextDelta delta(std::string text, bool is_last = false, std::uint64_t turn = 1) {
  TextDelta out;
  out.head.turn = {turn};
  out.head.is_last = is_last;
  out.text = std::move(text);
  return out;
}

class TtsOperatorTest : public ::testing::Test {
 protected:
  TtsOperatorTest() : harness_(std::make_unique<TtsOperator>(host_, settings_)) {
    settings_.seed = 7;
    EXPECT_TRUE(harness_.open());
    harness_.set_turn({1});
  }
  void feed(TextDelta clause) {
    harness_.feed("clauses", std::move(clause));
    harness_.run();
  }
  void answer(std::size_t samples) {
    host_.answer(samples);
    harness_.run();
  }

  HeldHost host_;
  SpeechSettings settings_;
  test::OperatorHarness harness_;
};

TEST_F(TtsOperatorTest, SpeaksClausesInOrderAndTellsTheirTimes) {
  feed(delta("Hello there,"));
  feed(delta("friend."));
  feed(delta("", true));
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(host_.held[0]->seed, 7U);
  answer(2205);
  EXPECT_EQ(host_.held.at(0)->seed, 8U) << "each clause draws its own noise";
  answer(4410);
  const std::vector<AudioFrame> audio = harness_.read<AudioFrame>("audio");
  ASSERT_EQ(audio.size(), 3U);
  EXPECT_EQ(audio[1].head.pts.ms(), 100);
  EXPECT_TRUE(audio[2].head.is_last);
  const std::vector<TextDelta> spoken = harness_.read<TextDelta>("spoken");
  ASSERT_EQ(spoken.size(), 2U);
  EXPECT_EQ(spoken[1].text, "friend.");
  EXPECT_EQ(spoken[1].head.duration.ms(), 200);
}

TEST_F(TtsOperatorTest, SaysWhetherTheAudioOfAnotherSeedWillDo) {
  feed(delta("Hello,"));
  EXPECT_FALSE(host_.held.at(0)->any_seed);
  settings_.any_seed = true;
  answer(2205);
  feed(delta("friend."));
  EXPECT_TRUE(host_.held.at(0)->any_seed);
}

TEST_F(TtsOperatorTest, GivesPartsAsTheyComeAndTheClauseWithTheFirst) {
  feed(delta("Hello there."));
  const std::shared_ptr<model::TtsCall> call = host_.held.at(0);
  ASSERT_TRUE(call->stream);
  call->samples_expected = 6615;
  call->words = {{"Hello", {}, media::MediaTime::from_ms(150)}};
  const auto give = [&](std::size_t samples) {
    ASSERT_TRUE(call->parts.try_push(host_.pool.copy_of(std::vector<float>(samples, 0.1F))));
    harness_.run();
  };
  give(2205);
  const std::vector<TextDelta> spoken = harness_.read<TextDelta>("spoken");
  ASSERT_EQ(spoken.size(), 1U) << "with the first part";
  EXPECT_EQ(spoken[0].head.duration.ms(), 300) << "of all of it";
  EXPECT_EQ(spoken[0].words, call->words);
  EXPECT_EQ(harness_.read<AudioFrame>("audio").size(), 1U);
  give(4410);
  answer(0);
  const std::vector<AudioFrame> audio = harness_.read<AudioFrame>("audio");
  ASSERT_EQ(audio.size(), 1U);
  EXPECT_EQ(audio[0].head.pts.ms(), 100);
  EXPECT_TRUE(harness_.read<TextDelta>("spoken").empty()) << "once";
}

TEST_F(TtsOperatorTest, SaysTheSpokenFormAtItsPaceAndAfterItsPause) {
  auto form = std::make_shared<media::SpokenForm>();
  form->text = "ten dollars";
  form->rate = 0.5F;
  form->pause_before = media::MediaTime::from_ms(300);
  TextDelta clause = delta("$10");
  clause.spoken = form;
  settings_.speed = 1.5F;
  feed(clause);
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(host_.held[0]->text, "ten dollars");
  EXPECT_EQ(host_.held[0]->speed, 0.75F);
  answer(2205);
  const std::vector<AudioFrame> audio = harness_.read<AudioFrame>("audio");
  ASSERT_EQ(audio.size(), 4U);  // 100 ms each
  std::int64_t ms = 0;
  for (const AudioFrame& frame : audio) {
    EXPECT_EQ(frame.head.pts.ms(), ms);
    ms += frame.head.duration.ms();
  }
  EXPECT_EQ(ms, 400);
  EXPECT_EQ(audio[0].samples.floats()[0], 0.0F);
  EXPECT_EQ(audio[3].samples.floats()[0], 0.1F);
  const std::vector<TextDelta> spoken = harness_.read<TextDelta>("spoken");
  ASSERT_EQ(spoken.size(), 1U);
  EXPECT_EQ(spoken[0].text, "$10");
  EXPECT_EQ(spoken[0].spoken, form);
  EXPECT_EQ(spoken[0].head.pts.ms(), 300);
  EXPECT_EQ(spoken[0].head.duration.ms(), 100);
  auto pause = std::make_shared<media::SpokenForm>();
  pause->pause_before = media::MediaTime::from_ms(200);
  TextDelta end = delta("<break/>");
  end.spoken = pause;
  feed(end);
  EXPECT_TRUE(host_.held.empty()) << "there is nothing to say";
  EXPECT_EQ(harness_.read<AudioFrame>("audio").size(), 2U);
}

TEST_F(TtsOperatorTest, TheTextsPaceAndTheRequestsTogetherStayWhatAVoiceTakes) {
  auto form = std::make_shared<media::SpokenForm>();
  form->text = "fast";
  form->rate = 4.0F;
  TextDelta clause = delta("fast");
  clause.spoken = form;
  settings_.speed = 3.0F;
  feed(clause);
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(host_.held[0]->speed, 4.0F);
}

TEST_F(TtsOperatorTest, AClauseThatFailsInTheMiddleWasSpokenSoFar) {
  feed(delta("Half of it."));
  const std::shared_ptr<model::TtsCall> call = host_.held.at(0);
  ASSERT_TRUE(call->parts.try_push(host_.pool.copy_of(std::vector<float>(2205, 0.1F))));
  host_.answer(0, Error{ErrorCode::unavailable, "the voice went away"});
  harness_.run();
  EXPECT_EQ(harness_.errors().size(), 1U);
  EXPECT_EQ(harness_.read<AudioFrame>("audio").size(), 1U);
  const std::vector<TextDelta> spoken = harness_.read<TextDelta>("spoken");
  ASSERT_EQ(spoken.size(), 1U);
  EXPECT_EQ(spoken[0].head.duration.ms(), 100);
}

TEST_F(TtsOperatorTest, AClauseThatBreaksOffIsSilentToWhereItWasSaidToEnd) {
  feed(delta("Hello there."));
  feed(delta("Next."));
  const std::shared_ptr<model::TtsCall> call = host_.held.at(0);
  call->samples_expected = 4410;
  ASSERT_TRUE(call->parts.try_push(host_.pool.copy_of(std::vector<float>(2205, 0.1F))));
  host_.answer(0, Error{ErrorCode::unavailable, "the voice went away"});
  harness_.run();
  EXPECT_EQ(harness_.errors().size(), 1U);
  answer(2205);
  const std::vector<AudioFrame> audio = harness_.read<AudioFrame>("audio");
  ASSERT_EQ(audio.size(), 3U);
  EXPECT_EQ(audio[1].head.duration.ms(), 100);
  EXPECT_EQ(audio[1].samples.floats()[7], 0.0F);
  EXPECT_EQ(audio[2].head.pts.ms(), 200);
  const std::vector<TextDelta> spoken = harness_.read<TextDelta>("spoken");
  ASSERT_EQ(spoken.size(), 2U);
  EXPECT_EQ(spoken[0].head.duration.ms(), 200);
  EXPECT_EQ(spoken[1].head.pts.ms(), 200);
}

TEST_F(TtsOperatorTest, AClauseIsWantedWhenThoseBeforeItHaveBeenPlayed) {
  feed(delta("One."));
  const Instant start = host_.held.at(0)->deadline();
  harness_.advance(Millis(50));  // the voice takes its time: playing starts then
  feed(delta("Two."));
  answer(2205);
  EXPECT_EQ(host_.held.at(0)->deadline() - start, Millis(150));
  harness_.advance(Millis(500));  // all has been played
  feed(delta("Three."));
  answer(2205);
  EXPECT_EQ(host_.held.at(0)->deadline() - start, Millis(550));
}

TEST_F(TtsOperatorTest, StopsTheModelWhenTheTurnMovesOn) {
  feed(delta("A long story."));
  const std::shared_ptr<model::TtsCall> call = host_.held.at(0);
  harness_.set_turn({2});
  EXPECT_TRUE(call->cancelled());
  answer(1000);
  EXPECT_TRUE(harness_.read<AudioFrame>("audio").empty());
}

TEST_F(TtsOperatorTest, AClauseThatFailsCostsItselfOnly) {
  feed(delta("Bad."));
  feed(delta("Good."));
  host_.answer(0, Error{ErrorCode::internal, "the voice broke"});
  harness_.run();
  EXPECT_EQ(harness_.errors().size(), 1U);
  ASSERT_EQ(host_.held.size(), 1U);
  EXPECT_EQ(host_.held[0]->text, "Good.");
}

TEST(TtsOperator, WaitsForRoomBetweenAClauseAndTheEndOfItsReply) {
  HeldHost host;
  SpeechSettings settings;
  test::OperatorHarness harness(std::make_unique<TtsOperator>(host, settings),
                                {.outlet_capacity = 1});
  ASSERT_TRUE(harness.open());
  harness.set_turn({1});
  harness.feed("clauses", delta("Hello."));
  harness.feed("clauses", delta("", true));
  harness.run();
  host.answer(2205);
  harness.run();
  EXPECT_EQ(harness.read<AudioFrame>("audio").size(), 1U);
  EXPECT_EQ(harness.read<TextDelta>("spoken").size(), 1U);
  harness.run();
  const std::vector<AudioFrame> rest = harness.read<AudioFrame>("audio");
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_TRUE(rest[0].head.is_last);
}

TEST(ClauseOperator, DropsTheTextOfRepliesThatAreNotSpoken) {
  SpeechSettings settings;
  settings.audio = false;
  test::OperatorHarness harness(std::make_unique<ClauseOperator>(settings));
  ASSERT_TRUE(harness.open());
  harness.set_turn({1});
  harness.feed("text", delta("Only text.", true));
  harness.run();
  EXPECT_TRUE(harness.read<TextDelta>("clauses").empty());
}

TEST(ClauseOperator, EndsEachReplyAndStartsTheNextAfresh) {
  SpeechSettings settings;
  test::OperatorHarness harness(std::make_unique<ClauseOperator>(settings));
  ASSERT_TRUE(harness.open());
  harness.set_turn({1});
  harness.feed("text", delta("No full stop"));
  harness.feed("text", delta("", true));
  harness.feed("text", delta("Surely, yes.", true));
  harness.run();
  const std::vector<TextDelta> clauses = harness.read<TextDelta>("clauses");
  ASSERT_EQ(clauses.size(), 5U);
  EXPECT_EQ(clauses[0].text, "No full stop");
  EXPECT_TRUE(clauses[1].head.is_last);
  EXPECT_EQ(clauses[2].text, "Surely,");
}

TEST(ClauseOperator, ForgetsHalfAClauseWhenTheTurnMovesOn) {
  SpeechSettings settings;
  test::OperatorHarness harness(std::make_unique<ClauseOperator>(settings));
  ASSERT_TRUE(harness.open());
  harness.set_turn({1});
  harness.feed("text", delta("Half a"));
  harness.run();
  harness.set_turn({2});
  harness.feed("text", delta("Well then, good.", true, 2));
  harness.run();
  EXPECT_EQ(harness.read<TextDelta>("clauses").at(0).text, "Well then,");
}

}  // namespace
}  // namespace parley::operators
