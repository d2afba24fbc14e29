// SPDX-License-Identifier: Apache-2.0
#include "cli/transcribe.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/hear_recording.h"
#include "cli/transcript_journal.h"
#include "codec/wav_writer.h"
#include "server/engine.h"
#include "tests/support/audio.h"

namespace parley::cli {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

constexpr int kRate = 16'000;
constexpr std::size_t kJobs = 3;

service::RecognizedText said(const std::string& text) {
  service::RecognizedText said;
  said.text = text;
  return said;
}

/// Fake models: loud is speech, and what is heard is how long it was.
struct TranscribeTest : testing::Test {
  void SetUp() override {
    config.models.fake = true;
    auto loaded = server::Engine::load(config, metrics, {}, {.speaking = false, .thinking = false});
    ASSERT_TRUE(loaded);
    engine = std::move(*loaded);
    service.emplace(engine->recognition_context(),
                    service::RecognitionOptions{.streams_max = kJobs});
    std::filesystem::create_directories(folder);
    request.face = "test";
    request.silence = Millis(1000);
  }
  void TearDown() override {
    service.reset();
    std::filesystem::remove_all(folder);
  }

  void speak(double seconds) { add(test::sine(count(seconds), 220.0, kRate, 0.3)); }
  void be_silent(double seconds) { add(test::silence(count(seconds))); }
  Result<std::vector<service::RecognizedText>> hear() {
    PARLEY_TRY(HeardRecording heard, hear_samples(*service, request, samples));
    return std::move(heard.utterances);
  }
  int transcribe(TranscribeOptions options, std::function<bool()> is_stopped = nullptr) {
    out.str("");
    err.str("");
    return transcribe_recordings({.service = *service,
                                  .clock = engine->clock(),
                                  .request = request,
                                  .settings = "test",
                                  .is_stopped = std::move(is_stopped)},
                                 options, out, err);
  }
  std::string write(const std::string& name, int rate = kRate) {
    const std::string path = folder / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    EXPECT_TRUE(codec::write_wav(path, rate, samples));
    return path;
  }
  static std::vector<Recording> recordings(const std::vector<std::string>& paths) {
    return *find_recordings(paths);
  }
  static std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  Config config;
  Metrics metrics;
  std::unique_ptr<server::Engine> engine;
  std::optional<service::RecognitionService> service;
  service::RecognitionRequest request;
  std::vector<float> samples;
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "parley_transcribe_test";
  const std::filesystem::path texts = folder / "texts";
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

TEST_F(TranscribeTest, KeepsTheOrderWithSeveralUtterancesInTheModelAtOnce) {
  for (int i = 0; i < 30; ++i) {
    speak(i % 2 == 0 ? 0.32 : 0.96);
    be_silent(1.6);
  }
  const auto one_by_one = hear();
  request.calls_max = 4;
  const auto at_once = hear();
  ASSERT_TRUE(one_by_one && at_once);
  ASSERT_EQ(at_once->size(), 30U);
  for (std::size_t i = 0; i < at_once->size(); ++i) {
    EXPECT_EQ((*at_once)[i].text, (*one_by_one)[i].text);
    EXPECT_EQ((*at_once)[i].begin, (*one_by_one)[i].begin);
  }
}

TEST_F(TranscribeTest, ALongUtteranceIsCutAtAShorterPause) {
  speak(4.0);
  be_silent(0.4);
  speak(21.0);
  be_silent(0.4);
  speak(2.0);
  const auto heard = hear();
  ASSERT_TRUE(heard);
  ASSERT_EQ(heard->size(), 2U);
  EXPECT_NEAR(static_cast<double>(heard->front().end.ms()), 25'400.0, 32.0);
  EXPECT_NEAR(static_cast<double>(heard->back().begin.ms()), 25'800.0, 32.0);
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
  request.suppress_db = 15;
  const auto heard = hear();
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
  const std::vector<service::RecognizedText> heard = {said("One."), {}, said("Two.")};
  EXPECT_EQ(joined_text(heard), "One. Two.");
}

TEST_F(TranscribeTest, PrintsALineForEachFileAndNamesTheBadOnes) {
  speak(1.0);
  const std::string good = write("good.wav");
  const std::string other = write("other_rate.wav", 44'100);
  const std::string bad = folder / "bad.wav";
  std::ofstream(bad) << "no audio";

  EXPECT_EQ(transcribe({.recordings = recordings({good, bad, other})}), 1);
  EXPECT_THAT(out.str(), MatchesRegex(good + "\theard [^\n]*\n" + other + "\t[^\n]*\n"));
  EXPECT_THAT(err.str(), HasSubstr("parley transcribe: " + bad + ": not a WAV"));
  EXPECT_EQ(transcribe({.recordings = recordings({good})}), 0);
  EXPECT_EQ(err.str(), "");
}

TEST_F(TranscribeTest, JsonHasTheTimesOfSegments) {
  be_silent(0.512);
  speak(0.96);
  be_silent(1.5);
  const std::string file = write("a \"b\".wav");
  EXPECT_EQ(transcribe({.recordings = recordings({file}), .formats = {TranscriptFormat::json}}), 0);
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
  EXPECT_EQ(transcribe({.recordings = recordings({file}), .formats = {TranscriptFormat::srt}}), 0);
  EXPECT_THAT(out.str(), MatchesRegex("1\n00:00:00,212 --> 00:00:01,672\nheard [^\n]*\n\n"));
  EXPECT_EQ(transcribe({.recordings = recordings({file}), .formats = {TranscriptFormat::vtt}}), 0);
  EXPECT_THAT(out.str(), MatchesRegex("WEBVTT\n\n00:00:00.212 --> 00:00:01.672\nheard [^\n]*\n\n"));
}

TEST_F(TranscribeTest, AFolderOfTranscriptsHasOneForEachRecordingAndFormat) {
  be_silent(0.5);
  speak(1.0);
  write("in/one.wav");
  write("in/deep/two.wav");
  speak(1.0);
  write("in/deep/two.flac.wav");
  const std::vector<Recording> found = recordings({folder / "in"});
  EXPECT_EQ(transcribe({.recordings = found,
                        .formats = {TranscriptFormat::text, TranscriptFormat::srt},
                        .folder = texts,
                        .jobs = kJobs}),
            0);
  EXPECT_EQ(out.str(), "");
  EXPECT_EQ(err.str(), "");
  for (const char* name : {"one", "deep/two", "deep/two.flac"}) {
    EXPECT_THAT(read(texts / (std::string(name) + ".txt")), MatchesRegex("heard [^\n]*\n")) << name;
    EXPECT_THAT(read(texts / (std::string(name) + ".srt")), HasSubstr(" --> ")) << name;
    EXPECT_FALSE(std::filesystem::exists(texts / (std::string(name) + ".part"))) << name;
  }
}

TEST_F(TranscribeTest, WhatIsThereIsPassedOverUntilTheRecordingChanges) {
  speak(1.0);
  const std::string file = write("a.wav");
  const TranscribeOptions options{.recordings = recordings({file}), .folder = texts};
  ASSERT_EQ(transcribe(options), 0);
  const std::string first = read(texts / "a.txt");
  std::ofstream(texts / "a.txt") << "mine now\n";

  EXPECT_EQ(transcribe(options), 0);
  EXPECT_EQ(read(texts / "a.txt"), "mine now\n");
  EXPECT_THAT(err.str(), HasSubstr("1 of 1 were transcribed already"));

  TranscribeOptions again = options;
  again.overwrite = true;
  EXPECT_EQ(transcribe(again), 0);
  EXPECT_EQ(read(texts / "a.txt"), first);

  std::ofstream(texts / "a.txt") << "mine now\n";
  std::filesystem::last_write_time(
      file, std::filesystem::last_write_time(texts / "a.txt") + std::chrono::seconds(1));
  EXPECT_EQ(transcribe(options), 0);
  EXPECT_EQ(read(texts / "a.txt"), first);
}

TEST_F(TranscribeTest, WhatWasInterruptedGoesOnBehindTheLastUtterance) {
  for (int i = 0; i < 12; ++i) {
    speak(0.64);
    be_silent(1.6);
  }
  const std::string file = write("long.wav");
  TranscribeOptions options{
      .recordings = recordings({file}), .formats = {TranscriptFormat::json}, .folder = texts};
  ASSERT_EQ(transcribe(options), 0);
  const std::string whole = read(texts / "long.json");
  std::filesystem::remove(texts / "long.json");

  // Stopped at the first look: nothing is there but the journal.
  EXPECT_EQ(transcribe(options, [] { return true; }), 1);
  EXPECT_THAT(err.str(), HasSubstr("stopped, 0 of 1 done; the same command goes on from here"));
  EXPECT_FALSE(std::filesystem::exists(texts / "long.json"));
  const std::string journal = read(texts / "long.part");
  ASSERT_THAT(journal, HasSubstr(file));

  // As if it had been killed after two utterances, in the middle of writing the third.
  const std::string key = journal.substr(0, journal.find('\n'));
  {
    auto kept = TranscriptJournal::open(texts / "long.part", key);
    ASSERT_TRUE(kept);
    std::filesystem::resize_file(texts / "long.part", key.size() + 1);
  }
  {
    auto kept = TranscriptJournal::open(texts / "long.part", key);
    ASSERT_TRUE(kept);
    ASSERT_TRUE(kept->heard().empty());
    const auto heard = hear();
    ASSERT_TRUE(heard);
    service::RecognizedText marked = heard->front();
    marked.text = "kept from before";
    ASSERT_TRUE(kept->add(marked));
    ASSERT_TRUE(kept->add((*heard)[1]));
  }
  std::ofstream(texts / "long.part", std::ios::app) << "{\"begin\":17";

  EXPECT_EQ(transcribe(options), 0);
  const std::string resumed = read(texts / "long.json");
  EXPECT_THAT(resumed, HasSubstr("kept from before"));
  EXPECT_FALSE(std::filesystem::exists(texts / "long.part"));
  // Behind what was kept everything is as if nothing had happened.
  const auto from_third = [](const std::string& text) {
    return text.substr(text.find("\"start\":4.48"));
  };
  EXPECT_EQ(from_third(resumed), from_third(whole));
}

TEST_F(TranscribeTest, AJournalOfAnotherRecordingIsBegunAnew) {
  speak(1.0);
  const std::string file = write("a.wav");
  std::filesystem::create_directories(texts);
  {
    auto other = TranscriptJournal::open(texts / "a.part", "another");
    ASSERT_TRUE(other);
    ASSERT_TRUE(other->add(said("Not mine.")));
    EXPECT_EQ(transcribe({.recordings = recordings({file}), .folder = texts}), 1);
    EXPECT_THAT(err.str(), HasSubstr("a.part is being written by another process"));
  }
  EXPECT_EQ(transcribe({.recordings = recordings({file}), .folder = texts}), 0);
  EXPECT_THAT(read(texts / "a.txt"), MatchesRegex("heard [^\n]*\n"));
}

TEST_F(TranscribeTest, AFolderThatCannotBeWrittenIsNamed) {
  speak(1.0);
  const std::string file = write("a.wav");
  std::ofstream(folder / "no_folder") << "a file";
  EXPECT_EQ(transcribe({.recordings = recordings({file}), .folder = folder / "no_folder/texts"}),
            1);
  EXPECT_THAT(err.str(), HasSubstr("no_folder"));
}

TEST_F(TranscribeTest, ProgressIsALineThatIsWrittenOverItself) {
  speak(1.0);
  be_silent(2.0);
  const std::string file = write("a.wav");
  EXPECT_EQ(transcribe({.recordings = recordings({file}), .folder = texts, .shows_progress = true}),
            0);
  EXPECT_THAT(err.str(), HasSubstr("of 0:03"));
  EXPECT_THAT(err.str(), HasSubstr(" of 1 file"));
  EXPECT_TRUE(err.str().ends_with("\r\x1b[K"));
}

}  // namespace
}  // namespace parley::cli
