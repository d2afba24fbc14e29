// SPDX-License-Identifier: Apache-2.0
#include "protocol/xiaozhi/server_message.h"

#include "base/check.h"
#include "protocol/json_writer.h"
#include "protocol/parse_object.h"

namespace parley::protocol {
namespace {

std::string_view name_of(XiaozhiTts::State state) noexcept {
  switch (state) {
    case XiaozhiTts::State::start:
      return "start";
    case XiaozhiTts::State::sentence_start:
      return "sentence_start";
    case XiaozhiTts::State::stop:
      break;
  }
  return "stop";
}

void write_mcp(JsonWriter& json, const XiaozhiMcp& request) {
  json.field("type", "mcp");
  json.key("payload").begin_object();
  json.field("jsonrpc", "2.0");
  json.field("id", request.id);
  switch (request.method) {
    case XiaozhiMcp::Method::initialize:
      json.field("method", "initialize");
      json.key("params").begin_object();
      json.field("protocolVersion", "2024-11-05");
      json.key("capabilities").begin_object();
      json.end_object();
      json.key("clientInfo").begin_object();
      json.field("name", "parley");
      json.field("version", "1");
      json.end_object();
      json.end_object();
      break;
    case XiaozhiMcp::Method::list_tools:
      json.field("method", "tools/list");
      json.key("params").begin_object();
      json.field("cursor", std::string_view(request.cursor));
      json.end_object();
      break;
    case XiaozhiMcp::Method::call_tool:
      json.field("method", "tools/call");
      json.key("params").begin_object();
      json.field("name", std::string_view(request.name));
      json.key("arguments").raw(request.arguments.empty() ? "{}" : request.arguments);
      json.end_object();
      break;
  }
  json.end_object();
}

/// The body between the braces.
struct Writer {
  JsonWriter& json;

  void operator()(const XiaozhiHello& hello) const {
    json.field("type", "hello");
    // Firmware crashes where this is missing.
    json.field("transport", "websocket");
    json.key("audio_params").begin_object();
    json.field("format", "opus");
    json.field("sample_rate", hello.rate);
    json.field("channels", 1);
    json.field("frame_duration", hello.frame_ms);
    json.end_object();
  }
  void operator()(const XiaozhiStt& stt) const {
    json.field("type", "stt");
    json.field("text", cut_text(stt.text, kShownBytesMax));
  }
  void operator()(const XiaozhiEmotion& emotion) const {
    json.field("type", "llm");
    json.field("emotion", std::string_view(emotion.emotion));
    json.field("text", std::string_view(emotion.emoji));
  }
  void operator()(const XiaozhiTts& tts) const {
    json.field("type", "tts");
    json.field("state", name_of(tts.state));
    if (tts.state == XiaozhiTts::State::sentence_start) {
      json.field("text", cut_text(tts.text, kShownBytesMax));
    }
  }
  void operator()(const XiaozhiAlert& alert) const {
    json.field("type", "alert");
    json.field("status", std::string_view(alert.status));
    json.field("message", cut_text(alert.message, kShownBytesMax));
    json.field("emotion", std::string_view(alert.emotion));
  }
  void operator()(const XiaozhiPong&) const { json.field("type", "pong"); }
  void operator()(const XiaozhiMcp& request) const { write_mcp(json, request); }
  void operator()(const XiaozhiSound&) const { PARLEY_CHECK(false); }
};

}  // namespace

std::string_view cut_text(std::string_view text, std::size_t bytes_max) noexcept {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  constexpr unsigned char kContinuation = 0x80;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == kContinuation) --end;
  return text.substr(0, end);
}

bool is_json_object(std::string_view text) {
  struct Any {};
  return std::holds_alternative<Any>(parse_object<Any>(text, [](ObjectReader&, Any&) {}));
}

std::string to_json(const XiaozhiMessage& message, std::string_view session_id) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  std::visit(Writer{json}, message);
  json.field("session_id", session_id);
  json.end_object();
  return out;
}

}  // namespace parley::protocol
