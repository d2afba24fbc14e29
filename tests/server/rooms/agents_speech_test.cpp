// SPDX-License-Identifier: Apache-2.0
//
// Agents in the box with real models: what people say, as the room would get it. A pipeline is fed
// as fast as it takes sound, on the engine's own threads.
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/timer_thread.h"
#include "operators/register_all.h"
#include "room/agent_graph.h"
#include "server/engine.h"
#include "tests/backend/onnx/model_fixture.h"
#include "tests/support/track_bench.h"

namespace parley::server {
namespace {

using backend::model_path;
using backend::read_recording;
using backend::recording_path;
using backend::word_errors;
using backend::words_of;
using room::AgentGraph;
using testing::HasSubstr;

const std::string kClips = "../shared/data/";

std::string text_of(const std::vector<media::Transcript>& all) {
  std::string text;
  for (const media::Transcript& one : all) {
    if (!one.text.empty()) text += (text.empty() ? "" : " ") + one.text;
  }
  return text;
}

class AgentsSpeechTest : public testing::Test {
 protected:
  /// With the default models of everything that an agent may use, but the language model.
  void load(const std::string& asr_model) {
    config_.asr.model = asr_model;
    auto loaded = Engine::load(config_, metrics_, {}, {.thinking = false});
    ASSERT_TRUE(loaded) << loaded.error().message;
    engine_ = std::move(*loaded);
    operators::register_all_operators(registry_, engine_->operator_bindings());
  }
  test::TrackBench::Heard hear(const std::string& agent, std::vector<float> samples) {
    const Result<AgentGraph> graph = AgentGraph::in_the_box(agent);
    EXPECT_TRUE(graph) << graph.error().message;
    test::TrackBench bench(*graph, registry_,
                           {engine_->clock(), timers_, engine_->pool(), metrics_});
    EXPECT_TRUE(bench.status()) << bench.status().error().message;
    if (!bench.status()) return {};
    std::future<void> finished = bench.finished();
    bench.play(std::move(samples));
    finished.wait();
    return std::move(bench.heard);
  }

 private:
  Config config_;
  Metrics metrics_;
  SteadyClock clock_;
  exec::TimerThread timers_{clock_};
  std::unique_ptr<Engine> engine_;
  graph::Registry registry_;
};

TEST_F(AgentsSpeechTest, TheTranscriberWritesWhatIsSaid) {
  PARLEY_NEED_FILE(model_path("moonshine-tiny-en"));
  const auto clip = read_recording(kClips + "speech/1688-142285-0005.flac");
  if (!clip) GTEST_SKIP() << "../shared/data is not here";
  load("moonshine-tiny-en");
  std::vector<float> twice = *clip;
  twice.resize(twice.size() + room::kSoundRate);
  twice.insert(twice.end(), clip->begin(), clip->end());
  const auto heard = hear("transcriber", std::move(twice));
  const std::string said = "you who were always accusing people of being shoppy at helstone";
  const std::string written = text_of(heard.transcripts);
  EXPECT_LE(word_errors(said + " " + said, written), 4U) << written;
  EXPECT_GE(heard.transcripts.size(), 2U);
  EXPECT_TRUE(heard.errors.empty()) << heard.errors.front();
}

TEST_F(AgentsSpeechTest, TheTranslatorSaysInEnglishWhatIsSaidInMandarin) {
  if (!std::filesystem::exists(model_path("whisper-base"))) {
    GTEST_SKIP() << "whisper-base is not there: tools/deps --with languages fetches it";
  }
  const auto clip = read_recording(kClips + "other/zh-vad-example.wav");
  if (!clip) GTEST_SKIP() << "../shared/data is not here";
  load("whisper-base");
  // In the next sentence Whisper leaves a word as it was said, and an English voice spells it.
  const auto heard = hear("translator", backend::cut(*clip, 0.0, 9.0));
  EXPECT_TRUE(heard.errors.empty()) << heard.errors.front();

  EXPECT_THAT(text_of(heard.transcripts), HasSubstr("过程"));
  ASSERT_FALSE(heard.translations.empty());
  EXPECT_EQ(heard.translations.size(), heard.transcripts.size());
  for (const media::Transcript& one : heard.translations) EXPECT_EQ(one.language, "en");
  for (const media::Transcript& one : heard.transcripts) {
    EXPECT_TRUE(one.text.empty() || one.language == "zh") << one.language << ": " << one.text;
  }
  const std::string english = text_of(heard.translations);
  EXPECT_THAT(english, HasSubstr("simple"));

  // The recogniser understands what the voice says.
  ASSERT_EQ(heard.speech_rate, room::kSpeechRate);
  const auto again =
      hear("notetaker", backend::convert_rate(heard.speech, room::kSpeechRate, room::kSoundRate));
  const std::string understood = text_of(again.minutes);
  EXPECT_LE(word_errors(english, understood), words_of(english).size() / 4)
      << "written: " << english << "\nunderstood: " << understood;
}

TEST_F(AgentsSpeechTest, TheTranslatorSaysInEnglishWhatIsSaidInFrench) {
  if (!std::filesystem::exists(model_path("whisper-base"))) {
    GTEST_SKIP() << "whisper-base is not there: tools/deps --with languages fetches it";
  }
  const auto clip = read_recording(kClips + "other/fr-short.aiff");
  if (!clip) GTEST_SKIP() << "../shared/data is not here";
  load("whisper-base");
  const auto heard = hear("translator", *clip);
  EXPECT_THAT(text_of(heard.transcripts), HasSubstr("dictée"));
  EXPECT_THAT(text_of(heard.translations), HasSubstr("number"));
  EXPECT_EQ(heard.speech_ends, heard.translations.size());
  EXPECT_TRUE(heard.errors.empty()) << heard.errors.front();
}

}  // namespace
}  // namespace parley::server
