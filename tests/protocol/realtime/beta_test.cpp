// SPDX-License-Identifier: Apache-2.0
//
// The beta dialect at the edge: its events mean what their GA forms mean, and what goes out has its
// names. Whole conversations are in tests/service/realtime (every transcript runs in both
// dialects).
#include <string>

#include <gtest/gtest.h>

#include "protocol/realtime/client_event.h"
#include "protocol/realtime/server_event.h"

namespace parley::protocol {
namespace {

class Beta : public ::testing::Test {
 protected:
  ParsedEvent parse(const std::string& frame, Dialect dialect = Dialect::beta) {
    return parse_client_event(frame, buffers_, {.dialect = dialect});
  }
  template <typename Event>
  Event accepted(const std::string& frame) {
    ParsedEvent parsed = parse(frame);
    if (auto* error = std::get_if<ProtocolError>(&parsed)) {
      ADD_FAILURE() << frame << "\n  " << error->message;
      return {};
    }
    return std::move(std::get<Event>(std::get<ClientEvent>(parsed).payload));
  }
  /// As the client reads it.
  ProtocolError refused(const std::string& frame) {
    ParsedEvent parsed = parse(frame);
    auto* error = std::get_if<ProtocolError>(&parsed);
    if (error == nullptr) {
      ADD_FAILURE() << "accepted: " << frame;
      return {};
    }
    return std::move(*error);
  }
  static std::string told(ProtocolError error) {
    const std::string json =
        to_json(ServerEvent{"e", ErrorOccurred{std::move(error)}}, Dialect::beta);
    const std::size_t at = json.find(R"("param":)") + 8;
    return json.substr(at, json.find(',', at) - at);
  }

  media::BufferPool buffers_;
};

TEST_F(Beta, ASessionUpdateHasFlatNames) {
  const SessionUpdate update = accepted<SessionUpdate>(
      R"({"type":"session.update","session":{"modalities":["audio","text"],"instructions":"i",
      "voice":"echo","speed":1.2,"input_audio_format":"g711_ulaw","output_audio_format":"g711_alaw",
      "input_audio_transcription":{"model":"whisper-1"},
      "input_audio_noise_reduction":{"type":"near_field"},
      "turn_detection":{"type":"server_vad","silence_duration_ms":300},
      "tools":[{"type":"function","name":"f"}],"tool_choice":"required","temperature":0.7,
      "max_response_output_tokens":100}})");
  ASSERT_NE(update.session, nullptr);
  const SessionPatch& patch = *update.session;
  EXPECT_EQ(patch.type, SessionType::realtime);
  EXPECT_EQ(patch.modality, Modality::audio);
  EXPECT_EQ(patch.instructions, "i");
  EXPECT_EQ(patch.voice->name, "echo");
  EXPECT_EQ(patch.speed, 1.2);
  EXPECT_EQ(patch.input_format->codec, media::Codec::pcmu);
  EXPECT_EQ(patch.output_format->codec, media::Codec::pcma);
  EXPECT_EQ(patch.transcription.value.model, "whisper-1");
  EXPECT_EQ(patch.noise_reduction.value.type, NoiseReduction::Type::near_field);
  EXPECT_EQ(patch.turn_detection.value.silence_duration_ms, 300);
  EXPECT_EQ(patch.tools->front().name, "f");
  EXPECT_EQ(patch.tool_choice->kind, ToolChoice::Kind::required);
  EXPECT_EQ(patch.temperature, 0.7);
  EXPECT_EQ(patch.max_output_tokens, 100);
}

TEST_F(Beta, NullSwitchesOffAsInGa) {
  const SessionUpdate update = accepted<SessionUpdate>(
      R"({"type":"session.update","session":{"turn_detection":null,
      "input_audio_transcription":null,"input_audio_noise_reduction":null}})");
  EXPECT_TRUE(update.session->turn_detection.is_null());
  EXPECT_TRUE(update.session->transcription.is_null());
  EXPECT_TRUE(update.session->noise_reduction.is_null());
}

TEST_F(Beta, ATranscriptionSessionHasAnEventOfItsOwn) {
  const SessionUpdate update = accepted<SessionUpdate>(
      R"({"type":"transcription_session.update","session":{"input_audio_format":"pcm16",
      "input_audio_transcription":{"model":"whisper-1","language":"en"},
      "include":["item.input_audio_transcription.logprobs"]}})");
  EXPECT_EQ(update.session->type, SessionType::transcription);
  EXPECT_EQ(update.session->transcription.value.language.value, "en");
}

TEST_F(Beta, AResponseHasFlatNamesAndRefersFromContent) {
  const ResponseCreate create = accepted<ResponseCreate>(
      R"({"type":"response.create","response":{"modalities":["text"],"voice":"echo",
      "output_audio_format":"pcm16","temperature":0.6,"max_response_output_tokens":"inf",
      "conversation":"none","metadata":{"a":"b"},"input":[
      {"type":"message","role":"user","content":[{"type":"item_reference","id":"one"}]},
      {"type":"item_reference","id":"two"},
      {"type":"message","role":"assistant","content":[{"type":"text","text":"hi"}]}]}})");
  const ResponseRequest& request = *create.response;
  EXPECT_EQ(request.modality, Modality::text);
  EXPECT_EQ(request.voice->name, "echo");
  EXPECT_EQ(request.temperature, 0.6);
  EXPECT_EQ(request.max_output_tokens, 0);
  ASSERT_EQ(request.input->size(), 3U);
  EXPECT_EQ(std::get<ItemReference>(request.input->at(0)).id, "one");
  EXPECT_EQ(std::get<ItemReference>(request.input->at(1)).id, "two");
  EXPECT_EQ(std::get<Item>(request.input->at(2)).content.front().text, "hi");
}

TEST_F(Beta, GaNamesAreUnknown) {
  for (const std::string key : {"output_modalities", "max_output_tokens", "audio", "truncation"}) {
    const ProtocolError error =
        refused(R"({"type":"session.update","event_id":"x","session":{")" + key + R"(":null}})");
    EXPECT_EQ(error.code, "unknown_parameter") << key;
    EXPECT_EQ(error.event_id, "x");
    EXPECT_EQ(told(error), "\"session." + key + "\"");
  }
}

TEST_F(Beta, ErrorsNameTheFieldsOfTheBeta) {
  EXPECT_EQ(told(refused(R"({"type":"session.update","session":{"modalities":["audio"]}})")),
            R"("session.modalities")");
  EXPECT_EQ(told(refused(R"({"type":"session.update","session":{"temperature":2}})")),
            R"("session.temperature")");
  EXPECT_EQ(told(refused(R"({"type":"session.update","session":{"input_audio_format":"mp3"}})")),
            R"("session.input_audio_format")");
  EXPECT_EQ(told(refused(R"({"type":"session.update","session":{"speed":9}})")),
            R"("session.speed")");
  EXPECT_EQ(told(refused(R"({"type":"session.update","session":{"turn_detection":{"x":1}}})")),
            R"("session.turn_detection.x")");
  EXPECT_EQ(told(refused(R"({"type":"response.create","response":)"
                         R"({"max_response_output_tokens":0}})")),
            R"("response.max_response_output_tokens")");
}

TEST_F(Beta, ItsEventIsUnknownToGa) {
  ParsedEvent parsed =
      parse(R"({"type":"transcription_session.update","session":{}})", Dialect::ga);
  EXPECT_TRUE(std::holds_alternative<ProtocolError>(parsed));
}

TEST_F(Beta, EventsHaveTheirOldNames) {
  const OutputPlace at{"resp_1", "item_1", 0, 0};
  const auto name = [](const ServerPayload& payload) {
    return std::string(type_of(payload, Dialect::beta));
  };
  EXPECT_EQ(name(OutputTextDelta{at, ""}), "response.text.delta");
  EXPECT_EQ(name(OutputTextDone{at, ""}), "response.text.done");
  EXPECT_EQ(name(OutputAudioDelta{at, {}}), "response.audio.delta");
  EXPECT_EQ(name(OutputAudioDone{at}), "response.audio.done");
  EXPECT_EQ(name(OutputTranscriptDelta{at, ""}), "response.audio_transcript.delta");
  EXPECT_EQ(name(OutputTranscriptDone{at, ""}), "response.audio_transcript.done");
  EXPECT_EQ(name(ItemAdded{}), "conversation.item.created");
  EXPECT_EQ(name(ConversationCreated{"conv_1"}), "conversation.created");
  auto transcribing = std::make_shared<SessionConfig>();
  transcribing->type = SessionType::transcription;
  EXPECT_EQ(name(SessionCreated{transcribing, {}}), "transcription_session.created");
  EXPECT_EQ(name(SessionUpdated{transcribing}), "transcription_session.updated");
}

TEST_F(Beta, WhatCameWithGaIsNotTold) {
  EXPECT_FALSE(is_shown(ItemDone{}, Dialect::beta));
  for (const bool is_begin : {false, true}) {
    EXPECT_EQ(is_shown(RateLimitsUpdated{{}, is_begin}, Dialect::beta), is_begin);
    EXPECT_EQ(is_shown(RateLimitsUpdated{{}, is_begin}, Dialect::ga), !is_begin);
  }
  EXPECT_FALSE(is_shown(TimeoutTriggered{}, Dialect::beta));
  EXPECT_FALSE(is_shown(TranscriptionSegment{}, Dialect::beta));
  EXPECT_FALSE(is_shown(McpCall{}, Dialect::beta));
  EXPECT_FALSE(is_shown(ConversationCreated{}, Dialect::ga));
}

TEST_F(Beta, ASessionIsFlat) {
  SessionConfig session;
  session.id = "sess_1";
  session.model = "m";
  session.expires_at = 5;
  session.turn_detection.reset();
  EXPECT_EQ(to_json(session, Dialect::beta),
            R"({"id":"sess_1","object":"realtime.session","expires_at":5,)"
            R"("input_audio_format":"pcm16","input_audio_transcription":null,)"
            R"("input_audio_noise_reduction":null,"turn_detection":null,"include":null,)"
            R"("model":"m","modalities":["text","audio"],"instructions":"","voice":"alloy",)"
            R"("output_audio_format":"pcm16","tools":[],"tool_choice":"auto","temperature":0.8,)"
            R"("max_response_output_tokens":"inf","speed":1,"tracing":null,"prompt":null,)"
            R"("client_secret":null})");
}

TEST_F(Beta, AResponseIsFlat) {
  ResponseObject response;
  response.id = "resp_1";
  Item item;
  item.id = "item_1";
  item.role = Item::Role::assistant;
  item.content.push_back({.kind = ItemContent::Kind::output_audio,
                          .text = "hi",
                          .has_transcript = true,
                          .detail = {},
                          .audio = {}});
  response.output.push_back(item);
  response.voice = "alloy";
  EXPECT_EQ(to_json(ServerEvent{"e", ResponseCreated{response}}, Dialect::beta),
            R"({"type":"response.created","event_id":"e","response":)"
            R"({"object":"realtime.response","id":"resp_1","status":"in_progress",)"
            R"("status_details":null,"output":[{"id":"item_1","object":"realtime.item",)"
            R"("type":"message","status":"completed","role":"assistant","content":)"
            R"([{"type":"audio","transcript":"hi"}]}],"conversation_id":null,)"
            R"("modalities":["text","audio"],"voice":"alloy","output_audio_format":"pcm16",)"
            R"("temperature":0.8,"max_output_tokens":"inf","usage":null,"metadata":null}})");
}

}  // namespace
}  // namespace parley::protocol
