// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/session_settings.h"

#include <gtest/gtest.h>

namespace parley::service {
namespace {

SessionSettings fresh(protocol::SessionType type = protocol::SessionType::realtime) {
  agent::AgentSettings defaults;
  defaults.instructions = "Be kind";
  defaults.playout_lead = Millis(1234);
  defaults.turn.silence = Millis(700);
  return {defaults, {.id = "sess_1", .model = "m", .type = type, .expires_at = 7}};
}

TEST(SessionSettings, ShowTheDefaultsToTheClientAndKeepTheRest) {
  const SessionSettings settings = fresh();
  EXPECT_EQ(settings.config().instructions, "Be kind");
  EXPECT_EQ(settings.config().turn_detection->silence_duration_ms, 700);
  EXPECT_EQ(settings.agent().playout_lead, Millis(1234));
  EXPECT_EQ(settings.agent().turn.silence, Millis(700));
  EXPECT_FALSE(settings.agent().transcription);
}

TEST(SessionSettings, BringAnUpdateToTheAgent) {
  SessionSettings settings = fresh();
  protocol::SessionPatch patch;
  patch.modality = protocol::Modality::text;
  patch.max_output_tokens = 40;
  patch.input_format = protocol::WireFormat{media::Codec::pcma};
  patch.tools.emplace().push_back({"f", "does", "{}"});
  patch.tool_choice = protocol::ToolChoice{protocol::ToolChoice::Kind::function, "f"};
  patch.transcription = {protocol::Update<protocol::TranscriptionPatch>::State::value, {}};
  patch.transcription.value.language = {protocol::Update<std::string>::State::value, "de"};
  ASSERT_FALSE(settings.apply(patch, {}));
  const agent::AgentSettings& agent = settings.agent();
  EXPECT_FALSE(agent.audio);
  EXPECT_EQ(agent.max_output_tokens, 40);
  EXPECT_EQ(agent.input_format.codec, media::Codec::pcma);
  EXPECT_EQ(agent.input_format.rate, 8000);
  EXPECT_EQ(agent.tools.at(0).description, "does");
  EXPECT_EQ(agent.tool_choice.function, "f");
  EXPECT_TRUE(agent.transcription);
  EXPECT_EQ(agent.language, "de");
}

TEST(SessionSettings, TellWordsOfATranscriptionSessionEarlyButOfOneModel) {
  SessionSettings talk = fresh();
  SessionSettings settings = fresh(protocol::SessionType::transcription);
  EXPECT_FALSE(talk.agent().has_partials);
  EXPECT_TRUE(settings.agent().has_partials);
  EXPECT_GT(settings.agent().partial.interval, Millis(0));
  EXPECT_TRUE(settings.agent().turn.follows);
  protocol::SessionPatch patch;
  patch.type = protocol::SessionType::transcription;
  patch.transcription = {protocol::Update<protocol::TranscriptionPatch>::State::value, {}};
  patch.transcription.value.model = "gpt-live-transcribe";
  patch.transcription.value.language = {protocol::Update<std::string>::State::value, "en"};
  patch.transcription.value.keywords = std::vector<std::string>{"Parley"};
  ASSERT_FALSE(settings.apply(patch, {}));
  EXPECT_GT(settings.agent().partial.interval, Millis(0));
  EXPECT_EQ(settings.agent().partial.language, "en");
  EXPECT_EQ(settings.agent().partial.hints->hot_words, std::vector<std::string>{"Parley"});
  patch.transcription.value.model = "whisper-1";
  ASSERT_FALSE(settings.apply(patch, {}));
  EXPECT_EQ(settings.agent().partial.interval, Millis(0));
  EXPECT_FALSE(settings.agent().turn.follows);
  patch.type = protocol::SessionType::realtime;
  patch.transcription.value.model = "gpt-4o-transcribe";
  ASSERT_FALSE(talk.apply(patch, {}));
  EXPECT_EQ(talk.agent().partial.interval, Millis(0));
}

TEST(SessionSettings, TellSpeakersApartForModelsThatDo) {
  SessionSettings settings = fresh();
  protocol::SessionPatch patch;
  patch.transcription = {protocol::Update<protocol::TranscriptionPatch>::State::value, {}};
  patch.transcription.value.model = "gpt-4o-transcribe";
  ASSERT_FALSE(settings.apply(patch, {}));
  EXPECT_FALSE(settings.agent().diarize);
  patch.transcription.value.model = "gpt-4o-transcribe-diarize";
  ASSERT_FALSE(settings.apply(patch, {}));
  EXPECT_TRUE(settings.agent().diarize);
}

TEST(SessionSettings, BringTheIdleTimeoutToTheAgent) {
  SessionSettings settings = fresh();
  EXPECT_EQ(settings.agent().turn.idle_timeout, Millis(0));
  protocol::SessionPatch patch;
  patch.turn_detection.state = protocol::Update<protocol::TurnDetectionPatch>::State::value;
  patch.turn_detection.value.idle_timeout_ms = {protocol::Update<std::int32_t>::State::value, 6000};
  ASSERT_FALSE(settings.apply(patch, {}));
  EXPECT_EQ(settings.agent().turn.idle_timeout, Millis(6000));

  protocol::SessionPatch semantic;
  semantic.turn_detection.state = protocol::Update<protocol::TurnDetectionPatch>::State::value;
  semantic.turn_detection.value.type = protocol::TurnDetection::Type::semantic_vad;
  ASSERT_FALSE(settings.apply(semantic, {}));
  EXPECT_EQ(settings.agent().turn.idle_timeout, Millis(0)) << "only server_vad has one";
}

TEST(SessionSettings, LogProbabilitiesAreOnlyForThoseWhoAskForThem) {
  SessionSettings settings = fresh();
  EXPECT_FALSE(settings.agent().token_scores);
  protocol::SessionPatch patch;
  patch.include = {protocol::Update<std::vector<std::string>>::State::value,
                   {"item.input_audio_transcription.logprobs"}};
  ASSERT_FALSE(settings.apply(patch, {}));
  EXPECT_TRUE(settings.agent().token_scores);
  patch.include = {};
  patch.include.state = protocol::Update<std::vector<std::string>>::State::null;
  ASSERT_FALSE(settings.apply(patch, {}));
  EXPECT_FALSE(settings.agent().token_scores);
}

TEST(SessionSettings, BringTheDetectorOfTurnsToTheAgent) {
  SessionSettings settings = fresh();
  EXPECT_EQ(settings.agent().turn.detector, operators::TurnSettings::Detector::silence);
  protocol::SessionPatch semantic;
  semantic.turn_detection.state = protocol::Update<protocol::TurnDetectionPatch>::State::value;
  semantic.turn_detection.value.type = protocol::TurnDetection::Type::semantic_vad;
  semantic.turn_detection.value.eagerness = protocol::TurnDetection::Eagerness::high;
  ASSERT_FALSE(settings.apply(semantic, {}));
  EXPECT_EQ(settings.agent().turn.detector, operators::TurnSettings::Detector::model);
  EXPECT_EQ(settings.agent().turn.eagerness, operators::TurnSettings::Eagerness::high);
  semantic.turn_detection.value.eagerness = protocol::TurnDetection::Eagerness::automatic;
  ASSERT_FALSE(settings.apply(semantic, {}));
  EXPECT_EQ(settings.agent().turn.eagerness, operators::TurnSettings::Eagerness::medium);
}

TEST(SessionSettings, BringNoiseReductionToTheAgent) {
  SessionSettings settings = fresh();
  EXPECT_EQ(settings.agent().noise.suppress_db, 0);
  protocol::SessionPatch patch;
  patch.noise_reduction.state = protocol::Update<protocol::NoiseReductionPatch>::State::value;
  patch.noise_reduction.value.type = protocol::NoiseReduction::Type::far_field;
  patch.noise_reduction.value.strength = 0.5;
  ASSERT_FALSE(settings.apply(patch, {}));
  EXPECT_EQ(settings.agent().noise.suppress_db, 15);
  patch.noise_reduction.state = protocol::Update<protocol::NoiseReductionPatch>::State::null;
  ASSERT_FALSE(settings.apply(patch, {}));
  EXPECT_EQ(settings.agent().noise.suppress_db, 0);
}

TEST(SessionSettings, TurnDetectionOffAndOnAgain) {
  SessionSettings settings = fresh();
  protocol::SessionPatch off;
  off.turn_detection.state = protocol::Update<protocol::TurnDetectionPatch>::State::null;
  ASSERT_FALSE(settings.apply(off, {}));
  EXPECT_FALSE(settings.agent().turn.detect);
  protocol::SessionPatch on;
  on.turn_detection.state = protocol::Update<protocol::TurnDetectionPatch>::State::value;
  on.turn_detection.value.prefix_padding_ms = 100;
  ASSERT_FALSE(settings.apply(on, {}));
  EXPECT_TRUE(settings.agent().turn.detect);
  EXPECT_EQ(settings.agent().turn.silence, Millis(700));
  EXPECT_EQ(settings.agent().turn.prefix_padding, Millis(100));
}

TEST(SessionSettings, ATranscriptionSessionNeverReplies) {
  const SessionSettings settings = fresh(protocol::SessionType::transcription);
  EXPECT_TRUE(settings.agent().transcription);
  EXPECT_TRUE(settings.agent().turn.detect);
  EXPECT_FALSE(settings.agent().turn.create_response);
}

TEST(SessionSettings, PicturesDoNotChangeAfterwards) {
  SessionSettings settings = fresh();
  const auto before = settings.snapshot();
  protocol::SessionPatch patch;
  patch.instructions = "new";
  ASSERT_FALSE(settings.apply(patch, {}));
  EXPECT_EQ(before->instructions, "Be kind");
  EXPECT_EQ(settings.snapshot()->instructions, "new");
}

}  // namespace
}  // namespace parley::service
