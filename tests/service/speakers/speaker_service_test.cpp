// SPDX-License-Identifier: Apache-2.0
#include "service/speakers/speaker_service.h"

#include <array>

#include <gtest/gtest.h>

#include "exec/thread_executor.h"
#include "model/fakes/fake_speaker.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "store/memory/memory_speakers.h"
#include "tests/support/audio.h"

namespace parley::service {
namespace {

constexpr double kLow = 120.0;
constexpr double kHigh = 480.0;

std::vector<float> tone(double hz, double seconds) {
  return test::sine(static_cast<std::size_t>(seconds * model::kSpeakerRate), hz,
                    model::kSpeakerRate);
}

class SpeakerServiceTest : public ::testing::Test {
 protected:
  SpeakerServiceTest()
      : vad_(vad_model_, {.name = "vad"}, executors_, clock_, metrics_),
        host_(model_, {.name = "speaker"}, executors_, clock_, metrics_),
        store_(open_vault(), {store_thread_, clock_, metrics_}),
        known_(store_, host_.name(), kSameSpeakerScore),
        service_({.speakers = host_,
                  .vad = vad_,
                  .store = store_,
                  .known = known_,
                  .waiting = waiting_,
                  .clock = clock_},
                 kSameSpeakerScore) {}

  static std::unique_ptr<store::SpeakerVault> open_vault() {
    auto vault = store::SpeakerVault::open(std::make_unique<store::MemorySpeakers>(),
                                           {.hex = std::string(64, 'a'), .file = {}});
    EXPECT_TRUE(vault);
    return *std::move(vault);
  }
  HeardVoice heard(double hz) {
    auto voice = service_.hear(tone(hz, 2.0));
    EXPECT_TRUE(voice) << voice.error().message;
    return *std::move(voice);
  }

  SteadyClock clock_;
  Metrics metrics_;
  exec::CallerExecutor waiting_;
  exec::ThreadExecutor model_thread_{"models"};
  exec::ThreadExecutor store_thread_{"store"};
  std::array<exec::Executor*, 1> executors_{&model_thread_};
  model::FakeVadModel vad_model_;
  model::FakeSpeakerModel model_;
  model::VadModelHost vad_;
  model::SpeakerModelHost host_;
  store::SpeakerStore store_;
  EnrolledSpeakers known_;
  SpeakerService service_;
};

TEST_F(SpeakerServiceTest, SpeechIsHeardWithoutItsSilence) {
  std::vector<float> samples = test::silence(32'000);
  const std::vector<float> speech = tone(kLow, 2.0);
  samples.insert(samples.end(), speech.begin(), speech.end());
  samples.resize(samples.size() + 32'000, 0.0F);
  const auto voice = service_.hear(samples);
  ASSERT_TRUE(voice);
  EXPECT_NEAR(voice->speech_seconds, 2.0, 0.1);
  EXPECT_EQ(voice->voice.model, "fake");
  EXPECT_GT(similarity(voice->voice.embedding, heard(kLow).voice.embedding), 0.9F);
}

TEST_F(SpeakerServiceTest, TooLittleSpeechIsRefused) {
  for (const auto& samples : {test::silence(48'000), tone(kLow, 0.5), std::vector<float>()}) {
    const auto voice = service_.hear(samples);
    ASSERT_FALSE(voice);
    EXPECT_EQ(voice.error().code, ErrorCode::invalid_argument);
  }
}

TEST_F(SpeakerServiceTest, WhoWasEnrolledIsIdentifiedAndVerified) {
  const std::array voices{heard(kLow), heard(kLow * 1.05)};
  const auto anna = service_.enrol({"o", "anna"}, voices);
  ASSERT_TRUE(anna);
  EXPECT_EQ(anna->utterances, 2U);
  ASSERT_TRUE(service_.enrol({"o", "bert"}, std::array{heard(kHigh)}));
  EXPECT_EQ(service_.list("o")->size(), 2U);
  EXPECT_TRUE(service_.list("p")->empty());
  const auto who = service_.identify("o", heard(kHigh));
  ASSERT_TRUE(who && *who);
  EXPECT_EQ((*who)->name, "bert");
  EXPECT_TRUE((*who)->is_match);
  EXPECT_FALSE(*service_.identify("p", heard(kHigh))) << "somebody else's";
  EXPECT_TRUE(service_.verify({"o", "anna"}, heard(kLow))->is_match);
  EXPECT_FALSE(service_.verify({"o", speaker_id("anna")}, heard(kHigh))->is_match) << "by id";
  EXPECT_EQ(service_.verify({"o", "carl"}, heard(kLow)).error().code, ErrorCode::not_found);
  // The sessions' copy is read on another thread; one more answer of the store comes after it.
  EXPECT_TRUE(service_.list("o"));
  EXPECT_EQ(known_.name_of("o", heard(kLow).voice.embedding), "anna");
}

TEST_F(SpeakerServiceTest, SpeakersAreForgottenByIdOrName) {
  ASSERT_TRUE(service_.enrol({"o", "anna"}, std::array{heard(kLow)}));
  ASSERT_TRUE(service_.enrol({"o", "bert"}, std::array{heard(kHigh)}));
  EXPECT_EQ(*service_.remove("o", speaker_id("anna")), "anna");
  EXPECT_EQ(service_.remove("o", "anna").error().code, ErrorCode::not_found);
  EXPECT_EQ(service_.remove("p", "bert").error().code, ErrorCode::not_found);
  EXPECT_EQ(*service_.remove("o", "bert"), "bert");
  EXPECT_TRUE(service_.list("o")->empty());
}

TEST(SpeakerId, IsTheSameForOneNameAndDoesNotTellIt) {
  EXPECT_EQ(speaker_id("anna"), speaker_id("anna"));
  EXPECT_NE(speaker_id("anna"), speaker_id("bert"));
  EXPECT_EQ(speaker_id("anna").size(), 28U);
  EXPECT_EQ(speaker_id("anna").find("anna"), std::string::npos);
}

TEST(DecodeClip, SaysWhatIsNoRecording) {
  const auto samples = decode_clip("no audio at all", "file");
  ASSERT_FALSE(samples);
  EXPECT_TRUE(samples.error().message.starts_with("file")) << samples.error().message;
}

}  // namespace
}  // namespace parley::service
