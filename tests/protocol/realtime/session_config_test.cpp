// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/session_config.h"

#include <string>

#include <gtest/gtest.h>

#include "protocol/realtime/server_event.h"

namespace parley::protocol {
namespace {

constexpr auto kNull = [](auto& update) {
  update.state = std::remove_reference_t<decltype(update)>::State::null;
};

template <typename T>
Update<T> value(T what) {
  return {Update<T>::State::value, std::move(what)};
}

SessionConfig fresh() {
  SessionConfig config;
  config.id = "sess_1";
  config.model = "m";
  config.expires_at = 1'756'324'625;
  config.instructions = "Be kind";
  return config;
}

TEST(SessionConfig, ShowsTheWholeObjectWithItsDefaults) {
  EXPECT_EQ(
      to_json(fresh()),
      R"({"type":"realtime","object":"realtime.session","id":"sess_1","model":"m",)"
      R"("output_modalities":["audio"],"instructions":"Be kind","tools":[],"tool_choice":"auto",)"
      R"("max_output_tokens":"inf","tracing":null,"truncation":"auto","prompt":null,)"
      R"("expires_at":1756324625,"include":null,"audio":{"input":{"format":{"type":"audio/pcm",)"
      R"("rate":24000},"transcription":null,"noise_reduction":null,"turn_detection":{)"
      R"("type":"server_vad","threshold":0.5,"prefix_padding_ms":300,"silence_duration_ms":500,)"
      R"("idle_timeout_ms":null,"create_response":true,"interrupt_response":true}},)"
      R"("output":{"format":{"type":"audio/pcm","rate":24000},"voice":"alloy","speed":1}}})");
}

TEST(SessionConfig, ShowsATranscriptionSessionWithoutOutput) {
  SessionConfig config = fresh();
  config.type = SessionType::transcription;
  config.transcription.emplace().model = "whisper-1";
  EXPECT_EQ(
      to_json(config),
      R"({"type":"transcription","object":"realtime.transcription_session","id":"sess_1",)"
      R"("expires_at":1756324625,"include":null,"audio":{"input":{"format":{"type":"audio/pcm",)"
      R"("rate":24000},"transcription":{"model":"whisper-1","language":null,"prompt":null},)"
      R"("noise_reduction":null,"turn_detection":{"type":"server_vad","threshold":0.5,)"
      R"("prefix_padding_ms":300,"silence_duration_ms":500}}}})");
}

TEST(SessionConfig, AnUpdateChangesOnlyWhatItNames) {
  SessionConfig config = fresh();
  SessionPatch patch;
  patch.instructions = "Be brief";
  ASSERT_FALSE(apply(patch, {}, config));
  SessionConfig expected = fresh();
  expected.instructions = "Be brief";
  EXPECT_EQ(to_json(config), to_json(expected));
}

TEST(SessionConfig, NullClears) {
  SessionConfig config = fresh();
  config.transcription.emplace();
  config.noise_reduction.emplace();
  config.prompt = R"({"id":"p"})";
  SessionPatch patch;
  kNull(patch.turn_detection);
  kNull(patch.transcription);
  kNull(patch.noise_reduction);
  kNull(patch.prompt);
  ASSERT_FALSE(apply(patch, {}, config));
  EXPECT_FALSE(config.turn_detection);
  EXPECT_FALSE(config.transcription);
  EXPECT_FALSE(config.noise_reduction);
  EXPECT_FALSE(config.prompt);
  EXPECT_NE(to_json(config).find(R"("turn_detection":null)"), std::string::npos);
}

TEST(SessionConfig, NestedObjectsMerge) {
  SessionConfig config = fresh();
  config.turn_detection->threshold = 0.7;
  SessionPatch patch;
  patch.turn_detection = value(TurnDetectionPatch{});
  patch.turn_detection.value.create_response = false;
  ASSERT_FALSE(apply(patch, {}, config));
  EXPECT_EQ(config.turn_detection->threshold, 0.7);
  EXPECT_FALSE(config.turn_detection->create_response);
}

TEST(SessionConfig, SwitchingDetectionOnStartsFromTheServersDefaults) {
  SessionConfig config = fresh();
  config.turn_detection.reset();
  SessionState state;
  state.turn_default.silence_duration_ms = 800;
  SessionPatch patch;
  patch.turn_detection = value(TurnDetectionPatch{});
  patch.turn_detection.value.type = TurnDetection::Type::server_vad;
  ASSERT_FALSE(apply(patch, state, config));
  EXPECT_EQ(config.turn_detection->silence_duration_ms, 800);
}

TEST(SessionConfig, ChangingTheDetectorDropsItsOldSettings) {
  SessionConfig config = fresh();
  config.turn_detection->create_response = false;
  SessionPatch patch;
  patch.turn_detection = value(TurnDetectionPatch{});
  patch.turn_detection.value.type = TurnDetection::Type::semantic_vad;
  ASSERT_FALSE(apply(patch, {}, config));
  EXPECT_TRUE(config.turn_detection->create_response);
  EXPECT_NE(to_json(config).find(R"("turn_detection":{"type":"semantic_vad","eagerness":"auto",)"
                                 R"("create_response":true,"interrupt_response":true})"),
            std::string::npos);
}

TEST(SessionConfig, EachDetectorKnowsItsOwnKeys) {
  SessionConfig config = fresh();
  SessionPatch patch;
  patch.turn_detection = value(TurnDetectionPatch{});
  patch.turn_detection.value.eagerness = TurnDetection::Eagerness::low;
  EXPECT_EQ(apply(patch, {}, config)->param, "session.audio.input.turn_detection.eagerness");
  patch.turn_detection.value.type = TurnDetection::Type::semantic_vad;
  patch.turn_detection.value.threshold = 0.5;
  EXPECT_EQ(apply(patch, {}, config)->param, "session.audio.input.turn_detection.threshold");
}

TEST(SessionConfig, ARejectedUpdateChangesNothing) {
  SessionConfig config = fresh();
  SessionPatch patch;
  patch.instructions = "new";
  patch.noise_reduction = value(NoiseReductionPatch{});  // no type, and none is set
  const std::optional<ProtocolError> error = apply(patch, {}, config);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, "missing_required_parameter");
  EXPECT_EQ(to_json(config), to_json(fresh()));
}

TEST(SessionConfig, TheVoiceIsFixedOnceHeard) {
  SessionConfig config = fresh();
  SessionState state;
  state.has_assistant_audio = true;
  SessionPatch patch;
  patch.voice = Voice{"alloy", false};
  EXPECT_FALSE(apply(patch, state, config)) << "the same voice again is no change";
  patch.voice = Voice{"marin", false};
  EXPECT_EQ(apply(patch, state, config)->code, "cannot_update_voice");
  EXPECT_FALSE(apply(patch, {}, config));
  EXPECT_EQ(config.voice.name, "marin");
}

TEST(SessionConfig, TypeAndModelAreFixed) {
  SessionConfig config = fresh();
  SessionPatch patch;
  patch.model = "m";
  EXPECT_FALSE(apply(patch, {}, config));
  patch.model = "other";
  EXPECT_EQ(apply(patch, {}, config)->param, "session.model");
  SessionPatch transcription;
  transcription.type = SessionType::transcription;
  EXPECT_EQ(apply(transcription, {}, config)->message,
            "Passing a transcription session update event to a realtime session is not allowed.");
}

TEST(SessionConfig, FormatsWaitForTheirMoment) {
  SessionConfig config = fresh();
  SessionState state;
  state.has_input_audio = true;
  state.is_replying = true;
  SessionPatch input;
  input.input_format = WireFormat{media::Codec::pcmu};
  EXPECT_EQ(apply(input, state, config)->param, "session.audio.input.format");
  SessionPatch output;
  output.output_format = WireFormat{media::Codec::pcmu};
  EXPECT_EQ(apply(output, state, config)->param, "session.audio.output.format");
  SessionPatch speed;
  speed.speed = 1.5;
  EXPECT_EQ(apply(speed, state, config)->param, "session.audio.output.speed");
  ASSERT_FALSE(apply(input, {}, config));
  EXPECT_EQ(config.input_format.rate(), 8000);
}

TEST(SessionConfig, TracingIsFixedOnceSet) {
  SessionConfig config = fresh();
  SessionPatch patch;
  kNull(patch.tracing);
  EXPECT_FALSE(apply(patch, {}, config));
  patch.tracing = value(std::string("\"auto\""));
  EXPECT_FALSE(apply(patch, {}, config));
  EXPECT_FALSE(apply(patch, {}, config)) << "the same again";
  kNull(patch.tracing);
  EXPECT_EQ(apply(patch, {}, config)->param, "session.tracing");
}

TEST(SessionConfig, ShowsToolsAndChoicesAsTheyCame) {
  SessionConfig config = fresh();
  config.tools.push_back({"f", "does", R"({"type":"object"})"});
  config.tool_choice = {ToolChoice::Kind::function, "f"};
  config.voice = {"v1", true};
  config.max_output_tokens = 40;
  const std::string json = to_json(config);
  for (const char* piece : {R"("tools":[{"type":"function","name":"f","description":"does",)"
                            R"("parameters":{"type":"object"}}])",
                            R"("tool_choice":{"type":"function","name":"f"})",
                            R"("voice":{"id":"v1"})", R"("max_output_tokens":40)"}) {
    EXPECT_NE(json.find(piece), std::string::npos) << piece;
  }
}

}  // namespace
}  // namespace parley::protocol
