// SPDX-License-Identifier: Apache-2.0
#include "cli/transcribe.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/hear_recording.h"
#include "codec/wav_writer.h"
#include "server/engine.h"
#include "tests/support/audio.h"

namespace parley::cli {
namespace {

using testing::HasSubstr;

constexpr int kRate = 16'000;

/// Fake models: loud is speech, and what is heard is how long it was.
struct TranscribeTest : testing::Test {
  void SetUp() override {
    config.models.fake = true;
    config.turn.silence_ms = 1000;
    auto loaded = server::Engine::load(config, metrics, {}, {.speaking = false, .thinking = false});
    ASSERT_TRUE(loaded);
    engine = std::move(*loaded);
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void speak(double seconds) { add(test::sine(count(seconds), 220.0, kRate, 0.3)); }
  void be_silent(double seconds) { add(test::silence(count(seconds))); }
  Result<std::vector<HeardUtterance>> hear(int suppress_db = 0) {
    agent::AgentSettings settings = server::default_settings(config);
    settings.noise.suppress_db = suppress_db;
    return hear_recording(engine->listening_context(), engine->pool(), settings, samples);
  }
  int transcribe(TranscribeOptions options) {
    out.str("");
    err.str("");
    return transcribe_files(engine->listening_context(), engine->pool(),
                            server::default_settings(config), options, out, err);
  }
  std::string write(const std::string& name, int rate = kRate) {
    const std::string path = folder / name;
    EXPECT_TRUE(codec::write_wav(path, rate, samples));
    return path;
  }

  Config config;
  Metrics metrics;
  std::unique_ptr<server::Engine> engine;
  std::vector<float> samples;
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "parley_transcribe_test";
  std::ostringstream out;
  std::ostringstream err;

 private:
  static std::size_t count(double seconds) { return static_cast<std::size_t>(seconds * kRate); }
  void add(const std::vector<float>& more) {
    samples.insert(samples.end(), more.begin(), more.end());
  }
};

TEST_F(TranscribeTest, EndsTheLastTurnThatTheRecordingLeavesOpen) {
  be_silent(0.512);
  speak(0.96);
  const auto heard = hear();
  ASSERT_TRUE(heard);
  ASSERT_EQ(heard->size(), 1U);
  EXPECT_EQ(heard->front().begin.ms(), 512);
  EXPECT_EQ(heard->front().end.ms(), 1472);
  EXPECT_THAT(heard->front().text, HasSubstr("heard"));
}

TEST_F(TranscribeTest, KeepsTheOrderOfUtterancesWhateverTheirNumber) {
  // More of them than recognition lets wait: feeding has to hold back.
  for (int i = 0; i < 30; ++i) {
    speak(0.32);
    be_silent(1.6);
  }
  const auto heard = hear();
  ASSERT_TRUE(heard);
  ASSERT_EQ(heard->size(), 30U);
  for (std::size_t i = 0; i < heard->size(); ++i) {
    EXPECT_EQ((*heard)[i].begin.ms(), static_cast<std::int64_t>(i) * 1920);
    EXPECT_FALSE((*heard)[i].text.empty());
  }
}

TEST_F(TranscribeTest, HearsTheSameTwice) {
  speak(1.0);
  be_silent(2.0);
  speak(0.7);
  const auto once = hear();
  const auto again = hear();
  ASSERT_TRUE(once && again);
  EXPECT_EQ(joined_text(*once), joined_text(*again));
}

TEST_F(TranscribeTest, NoiseReductionHoldsNothingBackAtTheEnd) {
  be_silent(0.5);
  speak(1.0);
  const auto heard = hear(15);
  ASSERT_TRUE(heard);
  ASSERT_EQ(heard->size(), 1U);
  EXPECT_NEAR(static_cast<double>(heard->front().begin.ms()), 500.0, 64.0);
}

TEST_F(TranscribeTest, NobodySpeaksMeansNoText) {
  be_silent(3.0);
  const auto heard = hear();
  ASSERT_TRUE(heard);
  EXPECT_TRUE(heard->empty());
  samples.clear();
  EXPECT_TRUE(hear()->empty());
}

TEST_F(TranscribeTest, JoinsTextsWithASpaceAndLeavesOutEmptyOnes) {
  const std::vector<HeardUtterance> heard = {{{}, {}, "One."}, {{}, {}, ""}, {{}, {}, "Two."}};
  EXPECT_EQ(joined_text(heard), "One. Two.");
}

TEST_F(TranscribeTest, PrintsALineForEachFileAndNamesTheBadOnes) {
  speak(1.0);
  const std::string good = write("good.wav");
  const std::string other = write("other_rate.wav", 44'100);
  const std::string bad = folder / "bad.wav";
  std::ofstream(bad) << "no audio";

  EXPECT_EQ(transcribe({.files = {good, bad, other}}), 1);
  EXPECT_THAT(out.str(), testing::MatchesRegex(good + "\theard [^\n]*\n" + other + "\t[^\n]*\n"));
  EXPECT_THAT(err.str(), HasSubstr("parley transcribe: " + bad + ": not a WAV"));
  EXPECT_EQ(transcribe({.files = {good}}), 0);
  EXPECT_EQ(err.str(), "");
}

TEST_F(TranscribeTest, JsonHasTheTimesOfSegments) {
  be_silent(0.512);
  speak(0.96);
  be_silent(1.5);
  const std::string file = write("a \"b\".wav");
  EXPECT_EQ(transcribe({.files = {file}, .format = TranscribeFormat::json}), 0);
  EXPECT_THAT(out.str(), HasSubstr(R"(a \"b\".wav","text":"heard)"));
  EXPECT_THAT(out.str(), HasSubstr(R"("seconds":2.972,"segments":[{"start":0.512,"end":1.472)"));
  // The utterance begins 300 ms before the speech, and the stand-in's words are equally long.
  EXPECT_THAT(out.str(), HasSubstr(R"("words":[{"text":"heard","start":0.212,"end":)"));
}

TEST_F(TranscribeTest, SubtitlesHaveACueForEachSegment) {
  be_silent(0.512);
  speak(0.96);
  be_silent(1.5);
  const std::string file = write("a.wav");
  EXPECT_EQ(transcribe({.files = {file}, .format = TranscribeFormat::srt}), 0);
  EXPECT_THAT(out.str(),
              testing::MatchesRegex("1\n00:00:00,512 --> 00:00:01,472\nheard [^\n]*\n\n"));
  EXPECT_EQ(transcribe({.files = {file}, .format = TranscribeFormat::vtt}), 0);
  EXPECT_THAT(out.str(),
              testing::MatchesRegex("WEBVTT\n\n00:00:00.512 --> 00:00:01.472\nheard [^\n]*\n\n"));
}

}  // namespace
}  // namespace parley::cli
