// SPDX-License-Identifier: Apache-2.0
//
// Bad frames, one row each: what the client sends, and the code and path that it gets back.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "protocol/realtime/client_event.h"

namespace parley::protocol {
namespace {

struct Row {
  std::string frame;
  std::string code;
  std::string param;  // empty: null
};

const std::string kText = R"("content":[{"type":"input_text","text":"hi"}])";

std::string update(const std::string& fields) {
  return R"({"type":"session.update","session":{"type":"realtime",)" + fields + "}}";
}
std::string turn(const std::string& fields) {
  return update(R"("audio":{"input":{"turn_detection":{)" + fields + "}}}");
}
std::string create(const std::string& fields) {
  return R"({"type":"conversation.item.create","item":{)" + fields + "}}";
}
std::string user(const std::string& part) {
  return create(R"("type":"message","role":"user","content":[)" + part + "]");
}
std::string respond(const std::string& fields) {
  return R"({"type":"response.create","response":{)" + fields + "}}";
}

ProtocolError error_of(const std::string& frame) {
  media::BufferPool buffers;
  ParsedEvent parsed = parse_client_event(frame, buffers);
  if (auto* error = std::get_if<ProtocolError>(&parsed)) return std::move(*error);
  ADD_FAILURE() << "accepted: " << frame;
  return {};
}

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const ProtocolError error = error_of(row.frame);
    EXPECT_EQ(error.type, ProtocolError::Type::invalid_request) << row.frame;
    EXPECT_EQ(error.code, row.code) << row.frame << "\n  " << error.message;
    EXPECT_EQ(error.param.value_or(""), row.param) << row.frame << "\n  " << error.message;
    EXPECT_FALSE(error.message.empty()) << row.frame;
  }
}

TEST(ClientEventErrors, FramesThatAreNoEvents) {
  check({{"not json", "invalid_json", ""},
         {"", "invalid_json", ""},
         {"{", "invalid_json", ""},
         {R"({"type":"response.cancel"} x)", "invalid_json", ""},
         {R"({'type':'response.cancel'})", "invalid_json", ""},
         {"{\"type\":\"\xFF\"}", "invalid_json", ""},
         {std::string(100'000, '['), "invalid_json", ""},
         {"[]", "invalid_event", ""},
         {"3", "invalid_event", ""},
         {"null", "invalid_event", ""},
         {"{}", "invalid_event", ""},
         {R"({"type":7})", "invalid_event", ""},
         {R"({"type":null})", "invalid_event", ""}});
}

TEST(ClientEventErrors, UnknownEvents) {
  check({{R"({"type":"x"})", "invalid_value", "type"},
         {R"({"type":""})", "invalid_value", "type"},
         {R"({"type":"response.done"})", "invalid_value", "type"},
         {R"({"type":"transcription_session.update"})", "invalid_value", "type"},
         {R"({"type":"output_audio_buffer.clear"})", "invalid_value", "type"}});
  const ProtocolError error = error_of(R"({"type":"x"})");
  EXPECT_EQ(error.message.substr(0, 63),
            "Invalid value: 'x'. Supported values are: 'session.update', 'in");
  EXPECT_EQ(error.message.find("output_audio_buffer.clear"), std::string::npos);
}

TEST(ClientEventErrors, EventFields) {
  check({{R"({"type":"response.cancel","event_id":7})", "invalid_type", "event_id"},
         {R"({"type":"response.cancel","event_id":")" + std::string(513, 'x') + "\"}",
          "string_above_max_length", "event_id"},
         {R"({"type":"response.cancel","extra":1})", "unknown_parameter", "extra"},
         {R"({"type":"response.cancel","response_id":7})", "invalid_type", "response_id"},
         {R"({"type":"input_audio_buffer.commit","audio":""})", "unknown_parameter", "audio"},
         {R"({"type":"session.update"})", "missing_required_parameter", "session"},
         {R"({"type":"session.update","session":[]})", "invalid_type", "session"},
         {R"({"type":"conversation.item.delete"})", "missing_required_parameter", "item_id"},
         {R"({"type":"conversation.item.retrieve","item_id":null})", "invalid_type", "item_id"}});
}

TEST(ClientEventErrors, EchoTheEventId) {
  for (const char* frame :
       {R"({"type":"x","event_id":"e7"})", R"({"event_id":"e7"})",
        R"({"type":"session.update","session":{},"event_id":"e7"})",
        R"({"event_id":"e7","type":"input_audio_buffer.append","audio":"?"})"}) {
    EXPECT_EQ(error_of(frame).event_id, "e7") << frame;
  }
  EXPECT_EQ(error_of(R"({"type":"x"})").event_id, std::nullopt);
  EXPECT_EQ(error_of("not json").event_id, std::nullopt);
}

TEST(ClientEventErrors, Audio) {
  const auto append = [](const std::string& audio) {
    return R"({"type":"input_audio_buffer.append","audio":)" + audio + "}";
  };
  check({{R"({"type":"input_audio_buffer.append"})", "missing_required_parameter", "audio"},
         {append("null"), "invalid_type", "audio"},
         {append("[1,2]"), "invalid_type", "audio"},
         {append(R"("AAA")"), "invalid_value", "audio"},
         {append(R"("AA=A")"), "invalid_value", "audio"},
         {append(R"("AA\nAA==")"), "invalid_value", "audio"},
         {append(R"("AAAA\r\nAAAA")"), "invalid_value", "audio"},
         {append(R"("!!!!")"), "invalid_value", "audio"},
         {append("\"" + std::string(base64_encoded_size(kAppendBytesMax) + 4, 'A') + "\""),
          "string_above_max_length", "audio"}});
}

TEST(ClientEventErrors, Session) {
  check(
      {{R"({"type":"session.update","session":{}})", "missing_required_parameter", "session.type"},
       {R"({"type":"session.update","session":{"instructions":"x"}})", "missing_required_parameter",
        "session.type"},
       {R"({"type":"session.update","session":{"type":"other"}})", "invalid_value", "session.type"},
       {R"({"type":"session.update","session":{"type":3}})", "invalid_type", "session.type"},
       {update(R"("temperature":0.8)"), "unknown_parameter", "session.temperature"},
       {update(R"("instructions":"ok","modalities":["text"])"), "unknown_parameter",
        "session.modalities"},
       {update(R"("id":"sess_1")"), "unknown_parameter", "session.id"},
       {update(R"("instructions":5)"), "invalid_type", "session.instructions"},
       {update(R"("instructions":null)"), "invalid_type", "session.instructions"},
       {update(R"("output_modalities":["audio","text"])"), "invalid_value",
        "session.output_modalities"},
       {update(R"("output_modalities":[])"), "invalid_value", "session.output_modalities"},
       {update(R"("output_modalities":["video"])"), "invalid_value",
        "session.output_modalities[0]"},
       {update(R"("output_modalities":"text")"), "invalid_type", "session.output_modalities"},
       {update(R"("max_output_tokens":0)"), "invalid_value", "session.max_output_tokens"},
       {update(R"("max_output_tokens":4097)"), "invalid_value", "session.max_output_tokens"},
       {update(R"("max_output_tokens":1.5)"), "invalid_value", "session.max_output_tokens"},
       {update(R"("max_output_tokens":"many")"), "invalid_value", "session.max_output_tokens"},
       {update(R"("max_output_tokens":true)"), "invalid_type", "session.max_output_tokens"},
       {update(R"("tools":{})"), "invalid_type", "session.tools"},
       {update(R"("tools":[{"name":"f"}])"), "missing_required_parameter", "session.tools[0].type"},
       {update(R"("tools":[{"type":"shell","name":"x"}])"), "invalid_value",
        "session.tools[0].type"},
       {update(R"("tools":[{"type":"mcp","server_label":"x"}])"), "missing_required_parameter",
        "session.tools[0].server_url"},
       {update(R"("tools":[{"type":"mcp","server_label":"x","server_url":"u","allowed_tools":1}])"),
        "invalid_type", "session.tools[0].allowed_tools"},
       {update(R"("tools":[{"type":"mcp","server_label":"x","server_url":"u",)"
               R"("require_approval":"often"}])"),
        "invalid_value", "session.tools[0].require_approval"},
       {update(R"("tool_choice":{"type":"mcp"})"), "missing_required_parameter",
        "session.tool_choice.server_label"},
       {update(R"("truncation":{"type":"retention_ratio","retention_ratio":1.5})"), "invalid_value",
        "session.truncation.retention_ratio"},
       {update(R"("truncation":{"type":"retention_ratio","retention_ratio":1,)"
               R"("token_limits":{"post_instructions":-1}})"),
        "invalid_value", "session.truncation.token_limits.post_instructions"},
       {update(R"("tools":[{"type":"function"}])"), "missing_required_parameter",
        "session.tools[0].name"},
       {update(R"("tools":[{"type":"function","name":"f","parameters":"{}"}])"), "invalid_type",
        "session.tools[0].parameters"},
       {update(R"("tool_choice":"any")"), "invalid_value", "session.tool_choice"},
       {update(R"("tool_choice":{"type":"function"})"), "missing_required_parameter",
        "session.tool_choice.name"},
       {update(R"("truncation":"sometimes")"), "invalid_value", "session.truncation"},
       {update(R"("tracing":"manual")"), "invalid_value", "session.tracing"},
       {update(R"("prompt":{"version":"1"})"), "missing_required_parameter", "session.prompt.id"},
       {update(R"("include":["everything"])"), "invalid_value", "session.include[0]"}});
}

TEST(ClientEventErrors, SessionAudio) {
  const auto input = [](const std::string& fields) {
    return update(R"("audio":{"input":{)" + fields + "}}");
  };
  const auto output = [](const std::string& fields) {
    return update(R"("audio":{"output":{)" + fields + "}}");
  };
  check({{update(R"("audio":7)"), "invalid_type", "session.audio"},
         {update(R"("audio":{"inputs":{}})"), "unknown_parameter", "session.audio.inputs"},
         {input(R"("format":"pcm16")"), "invalid_type", "session.audio.input.format"},
         {input(R"("format":{"type":"audio/ogg"})"), "invalid_value",
          "session.audio.input.format.type"},
         {input(R"("format":{"type":"audio/pcm","rate":16000})"), "invalid_value",
          "session.audio.input.format.rate"},
         {input(R"("noise_reduction":{"type":"strong"})"), "invalid_value",
          "session.audio.input.noise_reduction.type"},
         {input(R"("transcription":{"model":1})"), "invalid_type",
          "session.audio.input.transcription.model"},
         {output(R"("voice":7)"), "invalid_type", "session.audio.output.voice"},
         {output(R"("voice":"")"), "invalid_value", "session.audio.output.voice"},
         {output(R"("voice":{"name":"x"})"), "missing_required_parameter",
          "session.audio.output.voice.id"},
         {output(R"("speed":2)"), "invalid_value", "session.audio.output.speed"},
         {output(R"("speed":"1")"), "invalid_type", "session.audio.output.speed"},
         {turn(R"("type":"none")"), "invalid_value", "session.audio.input.turn_detection.type"},
         {turn(R"("threshold":1.5)"), "invalid_value",
          "session.audio.input.turn_detection.threshold"},
         {turn(R"("threshold":"0.5")"), "invalid_type",
          "session.audio.input.turn_detection.threshold"},
         {turn(R"("silence_duration_ms":-1)"), "invalid_value",
          "session.audio.input.turn_detection.silence_duration_ms"},
         {turn(R"("silence_duration_ms":200.5)"), "invalid_type",
          "session.audio.input.turn_detection.silence_duration_ms"},
         {turn(R"("prefix_padding_ms":1e99)"), "invalid_type",
          "session.audio.input.turn_detection.prefix_padding_ms"},
         {turn(R"("idle_timeout_ms":4999)"), "invalid_value",
          "session.audio.input.turn_detection.idle_timeout_ms"},
         {turn(R"("create_response":"yes")"), "invalid_type",
          "session.audio.input.turn_detection.create_response"},
         {turn(R"("eagerness":"extreme")"), "invalid_value",
          "session.audio.input.turn_detection.eagerness"}});
}

TEST(ClientEventErrors, TranscriptionSessionsHaveNoOutput) {
  const auto transcription = [](const std::string& fields) {
    return R"({"type":"session.update","session":{"type":"transcription",)" + fields + "}}";
  };
  check({{transcription(R"("instructions":"x")"), "unknown_parameter", "session.instructions"},
         {transcription(R"("audio":{"output":{}})"), "unknown_parameter", "session.audio.output"}});
}

TEST(ClientEventErrors, Items) {
  const std::string long_id(39, 'x');
  check(
      {{R"({"type":"conversation.item.create"})", "missing_required_parameter", "item"},
       {create(""), "missing_required_parameter", "item.type"},
       {create(R"("type":"note")"), "invalid_value", "item.type"},
       {create(R"("type":"item_reference","id":"a")"), "invalid_value", "item.type"},
       {create(R"("type":"message")"), "missing_required_parameter", "item.role"},
       {create(R"("type":"message","role":"robot")"), "invalid_value", "item.role"},
       {create(R"("type":"message","role":"user")"), "missing_required_parameter", "item.content"},
       {create(R"("type":"message","role":"user","content":"hi")"), "invalid_type", "item.content"},
       {create(R"("id":")" + long_id + R"(","type":"message","role":"user",)" + kText),
        "string_above_max_length", "item.id"},
       {create(R"("id":"a/b","type":"message","role":"user",)" + kText), "invalid_value",
        "item.id"},
       {create(R"("id":"","type":"message","role":"user",)" + kText), "invalid_value", "item.id"},
       {create(R"("type":"message","role":"user","extra":1,)" + kText), "unknown_parameter",
        "item.extra"},
       {user("7"), "invalid_type", "item.content[0]"},
       {user("{}"), "missing_required_parameter", "item.content[0].type"},
       {user(R"({"type":"text","text":"x"})"), "invalid_value", "item.content[0].type"},
       {user(R"({"type":"output_text","text":"x"})"), "invalid_value", "item.content[0].type"},
       {user(R"({"type":"input_text"})"), "missing_required_parameter", "item.content[0].text"},
       {user(R"({"type":"input_text","text":"a"},{"type":"input_text","text":7})"), "invalid_type",
        "item.content[1].text"},
       {user(R"({"type":"input_audio"})"), "missing_required_parameter", "item.content[0].audio"},
       {user(R"({"type":"input_audio","audio":"?"})"), "invalid_value", "item.content[0].audio"},
       {user(R"({"type":"input_image","image_url":"http://x/y.png"})"), "invalid_value",
        "item.content[0].image_url"},
       {create(R"("type":"message","role":"assistant","content":[{"type":"output_audio"}])"),
        "missing_required_parameter", "item.content[0].text"},
       {create(R"("type":"function_call","arguments":"{}")"), "missing_required_parameter",
        "item.name"},
       {create(R"("type":"function_call_output","output":"1")"), "missing_required_parameter",
        "item.call_id"},
       {create(R"("type":"function_call_output","call_id":")" + long_id + R"(","output":"1")"),
        "string_above_max_length", "item.call_id"},
       {create(R"("type":"function_call_output","call_id":"c","output":{"a":1})"), "invalid_type",
        "item.output"}});
  EXPECT_EQ(error_of(create(R"("id":")" + long_id + R"(","type":"message","role":"user",)" + kText))
                .message,
            "Invalid 'item.id': string too long. Expected a string with maximum length 32, but "
            "got a string with length 39 instead.");
}

TEST(ClientEventErrors, Truncate) {
  const auto truncate = [](const std::string& fields) {
    return R"({"type":"conversation.item.truncate",)" + fields + "}";
  };
  check({{truncate(R"("item_id":"a","content_index":0)"), "missing_required_parameter",
          "audio_end_ms"},
         {truncate(R"("item_id":"a","audio_end_ms":0)"), "missing_required_parameter",
          "content_index"},
         {truncate(R"("item_id":"a","content_index":0,"audio_end_ms":-1)"), "invalid_value",
          "audio_end_ms"},
         {truncate(R"("item_id":"a","content_index":0,"audio_end_ms":1.5)"), "invalid_type",
          "audio_end_ms"},
         {truncate(R"("item_id":"a","content_index":0,"audio_end_ms":"9")"), "invalid_type",
          "audio_end_ms"}});
}

TEST(ClientEventErrors, Responses) {
  std::string pairs;
  for (int i = 0; i < 17; ++i) {
    pairs += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":\"v\"";
  }
  check({{R"({"type":"response.create","response":[]})", "invalid_type", "response"},
         {respond(R"("modalities":["text"])"), "unknown_parameter", "response.modalities"},
         {respond(R"("output_modalities":["text","audio"])"), "invalid_value",
          "response.output_modalities"},
         {respond(R"("conversation":"other")"), "invalid_value", "response.conversation"},
         {respond(R"("input":{})"), "invalid_type", "response.input"},
         {respond(R"("input":[{"type":"item_reference"}])"), "missing_required_parameter",
          "response.input[0].id"},
         {respond(R"("input":[{"type":"message"}])"), "missing_required_parameter",
          "response.input[0].role"},
         {respond(R"("metadata":{)" + pairs + "}"), "invalid_value", "response.metadata"},
         {respond(R"("metadata":{"k":1})"), "invalid_type", "response.metadata.k"},
         {respond(R"("metadata":{"k":")" + std::string(513, 'v') + "\"}"),
          "string_above_max_length", "response.metadata.k"},
         {respond(R"("audio":{"output":{"speed":1}})"), "unknown_parameter",
          "response.audio.output.speed"},
         {respond(R"("max_output_tokens":-5)"), "invalid_value", "response.max_output_tokens"}});
}

}  // namespace
}  // namespace parley::protocol
