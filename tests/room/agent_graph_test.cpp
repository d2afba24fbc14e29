// SPDX-License-Identifier: Apache-2.0
//
// Agents in the box, with stand-in models and in virtual time; and what is said of files that no
// room can use.
#include "room/agent_graph.h"

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/register_all.h"
#include "room/agent_files.h"
#include "tests/support/agent_fakes.h"
#include "tests/support/audio.h"
#include "tests/support/track_bench.h"

namespace parley::room {
namespace {

using media::MediaTime;
using media::TurnEvent;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::size_t kMs = kSoundRate / 1000;

/// Silence, then tones of 1.2 s with silence after each, but for the last.
std::vector<float> tones(int count, std::size_t silence_ms) {
  std::vector<float> samples(300 * kMs);
  for (int i = 0; i < count; ++i) {
    if (i > 0) samples.resize(samples.size() + silence_ms * kMs);
    const auto tone = test::sine(1'200 * kMs, 220.0, kSoundRate, 0.3);
    samples.insert(samples.end(), tone.begin(), tone.end());
  }
  return samples;
}

class AgentGraphTest : public ::testing::Test {
 protected:
  AgentGraphTest() : context_(fakes.context()) {
    operators::register_all_operators(registry, {.buffers = context_.buffers,
                                                 .vad = &context_.vad,
                                                 .asr = &context_.asr,
                                                 .llm = &context_.llm,
                                                 .tts = &context_.tts});
  }
  test::TrackBench::Heard hear(const AgentGraph& agent, const graph::Registry& with,
                               std::vector<float> samples, bool is_flushed = true) {
    test::TrackBench bench(
        agent, with,
        {fakes.runtime.clock, fakes.runtime.timers, fakes.runtime.executor, fakes.metrics});
    EXPECT_TRUE(bench.status()) << bench.status().error().message;
    if (!bench.status()) return {};
    bench.play(std::move(samples), is_flushed);
    fakes.runtime.run_until_idle();
    return std::move(bench.heard);
  }
  test::TrackBench::Heard hear(const AgentGraph& agent, std::vector<float> samples) {
    return hear(agent, registry, std::move(samples));
  }
  static AgentGraph box(std::string_view name) {
    Result<AgentGraph> agent = AgentGraph::in_the_box(name);
    EXPECT_TRUE(agent) << agent.error().message;
    return std::move(*agent);
  }
  /// What is said of a file with one node each of `vad`, `turn` and `asr`, and this.
  std::string fault(const std::string& inputs, const std::string& outputs,
                    const std::string& nodes = "") {
    const std::string text =
        "version: 1\ninputs: " + inputs +
        "\nnodes:\n"
        "  vad: {operator: vad, inputs: {audio: audio}}\n"
        "  turn: {operator: turn, inputs: {audio: audio, speech: vad.speech}}\n"
        "  asr: {operator: asr, inputs: {audio: audio, events: turn.events}}\n" +
        nodes + "outputs: " + outputs + "\n";
    const Result<AgentGraph> agent = AgentGraph::parse(text, "mine.yaml");
    if (!agent) return agent.error().message;
    const Status checked = agent->check(registry);
    return checked ? "" : checked.error().message;
  }

  test::AgentFakes fakes{{}};
  graph::Registry registry;

 private:
  const agent::AgentContext context_;
};

constexpr const char* kRoomInput = "{audio: {type: AudioFrame, rate_hz: 16000, channels: 1}}";

TEST_F(AgentGraphTest, TheBoxHasTheseAndAllAreRight) {
  EXPECT_THAT(AgentGraph::names_in_the_box(),
              ElementsAre("assistant", "notetaker", "transcriber", "translator-llm", "translator"));
  for (const std::string& name : AgentGraph::names_in_the_box()) {
    const AgentGraph agent = box(name);
    EXPECT_EQ(agent.name(), name);
    const Status checked = agent.check(registry);
    EXPECT_TRUE(checked) << checked.error().message;
    EXPECT_TRUE(agent.gives("events")) << name;
  }
  const auto wrong = AgentGraph::in_the_box("translater");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::not_found);
  EXPECT_THAT(wrong.error().message, HasSubstr("did you mean 'translator'?"));
}

TEST_F(AgentGraphTest, TheTranscriberTellsEachUtteranceOnce) {
  const auto heard = hear(box("transcriber"), tones(2, 600));
  std::vector<TurnEvent::Kind> kinds;
  for (const TurnEvent& event : heard.events) {
    if (event.kind != TurnEvent::Kind::paused) kinds.push_back(event.kind);
  }
  EXPECT_THAT(kinds, ElementsAre(TurnEvent::Kind::started, TurnEvent::Kind::ended,
                                 TurnEvent::Kind::started, TurnEvent::Kind::ended));
  ASSERT_EQ(heard.transcripts.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(heard.transcripts[i].is_final);
    EXPECT_EQ(heard.transcripts[i].utterance.value, i + 1);
    EXPECT_THAT(heard.transcripts[i].text, StartsWith("heard 1."));
  }
  // 400 ms of silence end it, to the length of the detector's window.
  const MediaTime silence = heard.events.back().head.pts - heard.events.back().speech_end;
  EXPECT_GE(silence, MediaTime::from_ms(400));
  EXPECT_LE(silence, MediaTime::from_ms(432));
  EXPECT_GE(heard.partials.size(), 2U);
  for (const media::Transcript& partial : heard.partials) EXPECT_FALSE(partial.is_final);
  EXPECT_TRUE(heard.errors.empty());
}

TEST_F(AgentGraphTest, ATrackThatStopsInAnUtteranceLosesItOnlyWithoutTheSilence) {
  EXPECT_TRUE(hear(box("transcriber"), registry, tones(1, 0), false).transcripts.empty());
  EXPECT_EQ(hear(box("transcriber"), registry, tones(1, 0), true).transcripts.size(), 1U);
  AgentGraph patient = box("transcriber");
  ASSERT_TRUE(patient.set("turn.silence_ms=2000"));
  EXPECT_EQ(hear(patient, registry, tones(1, 0), true).transcripts.size(), 1U);
}

TEST_F(AgentGraphTest, TheAssistantAndTheNotetakerHearTheSameTwice) {
  const auto assistant = hear(box("assistant"), tones(2, 600));
  EXPECT_EQ(assistant.utterances.size(), 2U);
  EXPECT_EQ(assistant.transcripts.size(), 2U);
  EXPECT_TRUE(assistant.minutes.empty());
  const auto notetaker = hear(box("notetaker"), tones(2, 600));
  EXPECT_EQ(notetaker.minutes.size(), 2U);
  EXPECT_TRUE(notetaker.utterances.empty());
}

TEST_F(AgentGraphTest, TheTranslatorWritesAndSpeaks) {
  const auto heard = hear(box("translator"), tones(2, 600));
  EXPECT_EQ(heard.transcripts.size(), 2U);
  ASSERT_EQ(heard.translations.size(), 2U);
  EXPECT_EQ(heard.translations[0].language, "en");
  EXPECT_EQ(heard.translations[0].utterance, heard.transcripts[0].utterance);
  EXPECT_EQ(heard.speech_ends, 2U);
  EXPECT_EQ(heard.speech_rate, kSpeechRate);
  EXPECT_GT(heard.speech.size(), 2U * kSpeechRate / 2);
  EXPECT_TRUE(heard.errors.empty());
}

TEST_F(AgentGraphTest, SpeechThatNobodyPlaysHoldsUpNoText) {
  constexpr int kUtterances = 120;
  test::TrackBench bench(
      box("translator"), registry,
      {fakes.runtime.clock, fakes.runtime.timers, fakes.runtime.executor, fakes.metrics});
  ASSERT_TRUE(bench.status());
  bench.takes_speech = false;
  bench.play(tones(kUtterances, 600));
  fakes.runtime.run_until_idle();
  EXPECT_EQ(bench.heard.transcripts.size(), static_cast<std::size_t>(kUtterances));
  EXPECT_EQ(bench.heard.translations.size(), static_cast<std::size_t>(kUtterances));
  EXPECT_EQ(bench.track().audio->refused(), 0U);
  ASSERT_FALSE(bench.heard.errors.empty());
  for (const std::string& error : bench.heard.errors) {
    EXPECT_THAT(error, HasSubstr("the oldest is not said"));
  }
}

TEST_F(AgentGraphTest, WhatNobodyWantsIsLeftOutWithWhatMadeIt) {
  graph::Registry mute;  // has no voice
  const agent::AgentContext context = fakes.context();
  operators::register_all_operators(
      mute, {.buffers = context.buffers, .vad = &context.vad, .asr = &context.asr});
  AgentGraph agent = box("translator");
  EXPECT_FALSE(agent.check(mute));
  agent.leave_out("speech");
  EXPECT_FALSE(agent.gives("speech"));
  ASSERT_TRUE(agent.check(mute));
  agent.leave_out("transcripts");
  const auto heard = hear(agent, mute, tones(1, 0));
  EXPECT_EQ(heard.translations.size(), 1U);
  EXPECT_TRUE(heard.transcripts.empty());
  EXPECT_TRUE(heard.speech.empty());
  // `asr` is gone, `translate` is not: one node is left to be told a language.
  EXPECT_EQ(agent.set_all("asr", "language", std::string("es")), 1U);
}

TEST_F(AgentGraphTest, TheLanguageModelTranslates) {
  AgentGraph agent = box("translator-llm");
  EXPECT_EQ(agent.set_all("translate", "to", std::string("es")), 1U);
  const auto heard = hear(agent, tones(2, 600));
  ASSERT_EQ(heard.translations.size(), 2U);  // the stand-in repeats what it was told
  EXPECT_EQ(heard.translations[1].text, heard.transcripts[1].text);
  EXPECT_EQ(heard.translations[1].language, "es");
  EXPECT_EQ(heard.speech_ends, 2U);
  EXPECT_THAT(fakes.last_of(model::LlmMessage::Role::system), HasSubstr("into Spanish"));
}

TEST_F(AgentGraphTest, TranslationsMayComeAsAModelWritesThem) {
  const Result<AgentGraph> agent =
      AgentGraph::parse(std::string("version: 1\ninputs: ") + kRoomInput +
                            "\nnodes:\n"
                            "  vad: {operator: vad, inputs: {audio: audio}}\n"
                            "  turn: {operator: turn, inputs: {audio: audio, speech: vad.speech}}\n"
                            "  asr: {operator: asr, inputs: {audio: audio, events: turn.events}}\n"
                            "  llm: {operator: llm, inputs: {prompt: asr.transcripts}}\n"
                            "outputs: {translations: llm.text}\n",
                        "mine.yaml");
  ASSERT_TRUE(agent) << agent.error().message;
  const auto heard = hear(*agent, tones(1, 0));
  ASSERT_FALSE(heard.translation_text.empty());
  EXPECT_TRUE(heard.translation_text.back().head.is_last);
  EXPECT_TRUE(heard.translations.empty());
}

TEST_F(AgentGraphTest, SaysWhatARoomCannotUse) {
  EXPECT_EQ(fault(kRoomInput, "{transcripts: asr.transcripts}"), "");
  EXPECT_THAT(fault(kRoomInput, "{transcript: asr.transcripts}"),
              AllOf(StartsWith("mine.yaml:7: there is no output of agents 'transcript'"),
                    HasSubstr("did you mean 'transcripts'?")));
  EXPECT_EQ(fault(kRoomInput, "{transcripts: turn.events}"),
            "mine.yaml:7: output 'transcripts': turn.events gives TurnEvent, but a room takes "
            "Transcript");
  EXPECT_THAT(fault(kRoomInput, "{translations: turn.events}"),
              HasSubstr("a room takes Transcript or TextDelta"));
  EXPECT_THAT(fault(kRoomInput, "{transcripts: asr.text}"), HasSubstr("asr"));
  EXPECT_THAT(fault("{audio: {type: AudioFrame, rate_hz: 48000, channels: 1}}",
                    "{transcripts: asr.transcripts}"),
              HasSubstr("mine.yaml:2: input 'audio': a room gives {type: AudioFrame, rate_hz: "
                        "16000, channels: 1}"));
  EXPECT_THAT(fault("{mic: AudioFrame}", "{transcripts: asr.transcripts}"),
              HasSubstr("input 'mic': a room gives an agent nothing but 'audio'"));
  EXPECT_THAT(fault("{}", "{transcripts: asr.transcripts}"), HasSubstr("there is no input"));
  EXPECT_THAT(fault(kRoomInput, "{}"), HasSubstr("there is no output"));
}

TEST_F(AgentGraphTest, SpeechHasOneRate) {
  const std::string voice =
      "  say: {operator: say, inputs: {transcripts: asr.transcripts}}\n"
      "  tts: {operator: tts, inputs: {clauses: say.clauses}}\n";
  EXPECT_THAT(fault(kRoomInput, "{speech: tts.audio}", voice),
              AllOf(StartsWith("mine.yaml:9: output 'speech': a room takes AudioFrame at 24000 Hz"),
                    HasSubstr("insert a resample operator")));
}

TEST_F(AgentGraphTest, TheAgentOfThePageIsRight) {
  std::ifstream file("docs/rooms/agents.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  constexpr std::string_view kBegin = "```yaml agent\n";
  const std::size_t begin = page.find(kBegin);
  ASSERT_NE(begin, std::string::npos);
  const std::size_t text = begin + kBegin.size();
  const Result<AgentGraph> agent =
      AgentGraph::parse(page.substr(text, page.find("```", text) - text), "captions.yaml");
  ASSERT_TRUE(agent) << agent.error().message;
  const auto heard = hear(*agent, tones(1, 0));
  EXPECT_EQ(heard.transcripts.size(), 1U);
  ASSERT_EQ(heard.translations.size(), 1U);
  EXPECT_EQ(heard.translations[0].language, "de");
}

TEST_F(AgentGraphTest, OptionsAreCheckedWhenItIsOpened) {
  AgentGraph agent = box("transcriber");
  EXPECT_FALSE(agent.set("asrr.language=es"));
  EXPECT_TRUE(agent.set("asr.langauge=es"));
  const Status checked = agent.check(registry);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, HasSubstr("did you mean 'language'?"));
  EXPECT_EQ(agent.set_all("llm", "seed", std::int64_t{1}), 0U);
}

}  // namespace
}  // namespace parley::room
