// SPDX-License-Identifier: Apache-2.0
#include "service/speakers/recording_speakers.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "model/fakes/fake_speaker.h"
#include "tests/support/audio.h"

namespace parley::service {
namespace {

/// Answers at once.
class PromptHost final : public model::SpeakerHost {
 public:
  bool submit(std::shared_ptr<model::SpeakerCall> call) noexcept override {
    if (is_full) return false;
    model_.embed(*call);
    call->finish();
    return true;
  }
  [[nodiscard]] std::size_t dimension() const noexcept override { return model_.dimension(); }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return model_.samples_max(); }
  [[nodiscard]] std::string name() const override { return model_.name(); }

  bool is_full = false;

 private:
  model::FakeSpeakerModel model_;
};

/// Knows one voice, of that pitch.
class OneEnrolled final : public model::KnownSpeakers {
 public:
  explicit OneEnrolled(std::vector<float> voice) : voice_(std::move(voice)) {}
  void refresh(const std::string& owner) override { asked_for = owner; }
  [[nodiscard]] bool may_know_any(const std::string& owner) const override { return owner == "me"; }
  [[nodiscard]] std::string name_of(const std::string&,
                                    std::span<const float> embedding) const override {
    return similarity(voice_, embedding) > 0.9F ? "Zoe" : "";
  }
  std::string asked_for;

 private:
  const std::vector<float> voice_;
};

std::vector<float> tone(double hz) { return test::sine(16'000, hz, 16'000); }

std::vector<float> voice(double hz) {
  model::FakeSpeakerModel fake;
  model::SpeakerCall call;
  call.audio = tone(hz);
  fake.embed(call);
  return call.embedding;
}

class RecordingSpeakersTest : public ::testing::Test {
 protected:
  ManualClock clock;
  PromptHost host;
};

TEST_F(RecordingSpeakersTest, StrangersAreLettersInTheOrderOfTheirSpeaking) {
  const RecordingSpeakers speakers({.host = host, .clock = clock});
  EXPECT_TRUE(speakers.may_know_any(""));
  EXPECT_EQ(speakers.name_of("", voice(200)), "A");
  EXPECT_EQ(speakers.name_of("", voice(800)), "B");
  EXPECT_EQ(speakers.name_of("", voice(205)), "A");
  EXPECT_EQ(speakers.name_of("", voice(3200)), "C");
  EXPECT_EQ(speakers.name_of("", voice(790)), "B");
}

TEST_F(RecordingSpeakersTest, ThoseOfWhomASampleCameHaveTheirNames) {
  RecordingSpeakers speakers({.host = host, .clock = clock});
  ASSERT_TRUE(speakers.add("Anna", tone(200)));
  ASSERT_TRUE(speakers.add("Ben", tone(800)));
  EXPECT_EQ(speakers.name_of("", voice(800)), "Ben");
  EXPECT_EQ(speakers.name_of("", voice(200)), "Anna");
  EXPECT_EQ(speakers.name_of("", voice(3200)), "A");
}

TEST_F(RecordingSpeakersTest, ASampleThatSaysNothingNamesNobody) {
  RecordingSpeakers speakers({.host = host, .clock = clock});
  ASSERT_TRUE(speakers.add("Nobody", test::silence(16'000)));
  EXPECT_EQ(speakers.name_of("", voice(200)), "A");
  host.is_full = true;
  EXPECT_EQ(speakers.add("Late", tone(200)).error().code, ErrorCode::unavailable);
}

TEST_F(RecordingSpeakersTest, TheEnrolledAreKnownToWhoEnrolledThem) {
  OneEnrolled enrolled(voice(400));
  RecordingSpeakers speakers({.host = host, .enrolled = &enrolled, .clock = clock});
  EXPECT_EQ(speakers.name_of("me", voice(400)), "Zoe");
  EXPECT_EQ(speakers.name_of("another", voice(400)), "A");
  speakers.refresh("me");
  EXPECT_EQ(enrolled.asked_for, "me") << "nobody else may ever ask for them";
}

TEST_F(RecordingSpeakersTest, NoMoreVoicesAreToldApartThanMayBe) {
  RecordingSpeakers speakers({.host = host, .clock = clock, .score_min = 2.0F});
  std::string name;
  for (std::size_t i = 0; i < kRecordingVoicesMax; ++i) name = speakers.name_of("", voice(200));
  EXPECT_EQ(name, "L3") << "each is another";
  EXPECT_EQ(speakers.name_of("", voice(200)).size(), 1U) << "one of them";
}

}  // namespace
}  // namespace parley::service
