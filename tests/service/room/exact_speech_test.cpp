// SPDX-License-Identifier: Apache-2.0
#include "service/room/exact_speech.h"

#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/agent_fakes.h"

namespace parley::service {
namespace {

using ::testing::StrEq;

constexpr int kRate = 24'000;

class ExactSpeechTest : public ::testing::Test, private exec::StrandBody {
 protected:
  ~ExactSpeechTest() override { strand->close(); }
  void make(std::string words) {
    auto made = ExactSpeech::make(
        fakes.context(), fakes.runtime.executor,
        {.id = "item_1", .words = std::move(words), .settings = {.voice = {}, .rate = kRate}},
        strand->waker());
    ASSERT_TRUE(made) << made.error().message;
    speech = std::move(*made);
    strand->wake();
    fakes.runtime.run_until_idle();
  }
  bool run_slice() noexcept override {
    if (!speech || is_made) return false;
    is_made = speech->run({.sound = [&](std::span<const float> more) { samples += more.size(); },
                           .clause =
                               [&](const media::TextDelta& clause) {
                                 EXPECT_GE(clause.head.pts, last) << "clauses come in order";
                                 last = clause.head.pts;
                                 said += clause.text;
                               }});
    return false;
  }

  test::AgentFakes fakes{{}};
  std::shared_ptr<exec::Strand> strand = exec::Strand::make(fakes.runtime.executor, *this);
  std::unique_ptr<ExactSpeech> speech;
  bool is_made = false;
  std::size_t samples = 0;
  std::string said;
  media::MediaTime last;
};

TEST_F(ExactSpeechTest, SaysWhatItIsGivenAndNothingElse) {
  make("Good morning to you.");
  EXPECT_TRUE(is_made);
  EXPECT_EQ(speech->text().id, "item_1");
  EXPECT_THAT(said, StrEq("Good morning to you."));
  constexpr std::size_t kLengthMs = 20 * model::FakeTtsModel::kMsPerCharacter;
  EXPECT_NEAR(static_cast<double>(samples), kLengthMs * kRate / 1'000.0, kRate / 50.0);
  EXPECT_EQ(fakes.llm.seen().submitted, 0U) << "no language model is between";
}

TEST_F(ExactSpeechTest, TextOfSeveralSentencesIsSaidInOrder) {
  make("First sentence here. Second sentence here. Third one.");
  EXPECT_TRUE(is_made);
  EXPECT_EQ(said.find("First"), 0U);
  EXPECT_LT(said.find("Second"), said.find("Third"));
  EXPECT_GT(last, media::MediaTime());
}

TEST_F(ExactSpeechTest, TextWithNothingToSayEnds) {
  for (const char* words : {"", " ", "…", "\n"}) {
    is_made = false;
    make(words);
    EXPECT_TRUE(is_made) << "'" << words << "'";
  }
}

TEST_F(ExactSpeechTest, OneThatIsLetGoOfSaysNothingMore) {
  make("Good morning to you.");
  const std::size_t before = samples;
  speech.reset();
  strand->wake();
  fakes.runtime.run_until_idle();
  EXPECT_EQ(samples, before);
}

}  // namespace
}  // namespace parley::service
