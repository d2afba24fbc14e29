// SPDX-License-Identifier: Apache-2.0
#include "protocol/xiaozhi/device_message.h"

#include <array>
#include <utility>

#include "protocol/parse_object.h"

namespace parley::protocol {
namespace {

using State = DeviceListen::State;
using Mode = DeviceListen::Mode;

constexpr std::array<Choice<State>, 3> kStates{
    {{"start", State::start}, {"stop", State::stop}, {"detect", State::detect}}};
constexpr std::array<Choice<Mode>, 3> kModes{
    {{"auto", Mode::automatic}, {"manual", Mode::manual}, {"realtime", Mode::realtime}}};
// RFC 6716 §3.2.5: no packet is longer.
constexpr int kFrameMsMax = 120;

/// Nothing when it is absent or something else: firmware is read leniently.
const json::object* object_in(const json::object& in, std::string_view key) {
  const json::value* const value = in.if_contains(json::string_view(key.data(), key.size()));
  return value == nullptr ? nullptr : value->if_object();
}

std::string string_in(const json::object& in, std::string_view key) {
  const json::value* const value = in.if_contains(json::string_view(key.data(), key.size()));
  const json::string* const text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

bool flag_in(const json::object& in, std::string_view key) {
  const json::value* const value = in.if_contains(json::string_view(key.data(), key.size()));
  return value != nullptr && value->is_bool() && value->get_bool();
}

void read_hello(ObjectReader& reader, DeviceMessage& message) {
  DeviceHello hello;
  if (const json::value* const value = reader.find("features")) {
    if (const json::object* const features = value->if_object()) {
      hello.has_mcp = flag_in(*features, "mcp");
      hello.has_aec = flag_in(*features, "aec");
    }
  }
  if (const json::value* const value = reader.find("audio_params")) {
    const json::object* const object = read_object(*value, "audio_params", reader.problems());
    if (object == nullptr) return;
    ObjectReader audio(*object, "audio_params", reader.problems(), ObjectReader::Null::is_absent);
    if (auto format = audio.string("format")) hello.format = std::move(*format);
    hello.frame_ms = audio.small_integer("frame_duration", 1, kFrameMsMax).value_or(hello.frame_ms);
  }
  message = std::move(hello);
}

void read_listen(ObjectReader& reader, DeviceMessage& message) {
  DeviceListen listen;
  if (reader.require("state") == nullptr) return;
  listen.state = reader.choice("state", kStates).value_or(State::start);
  listen.mode = reader.choice("mode", kModes).value_or(Mode::automatic);
  listen.text = reader.string("text").value_or("");
  message = std::move(listen);
}

void read_tools(const json::object& result, DeviceAnswer& answer) {
  const json::value* const listed = result.if_contains("tools");
  const json::array* const tools = listed == nullptr ? nullptr : listed->if_array();
  if (tools == nullptr) return;
  for (const json::value& one : *tools) {
    const json::object* const object = one.if_object();
    if (object == nullptr || answer.tools.size() == kDeviceToolsPageMax) continue;
    DeviceTool tool{.name = string_in(*object, "name"),
                    .description = string_in(*object, "description")};
    if (const json::object* const schema = object_in(*object, "inputSchema")) {
      tool.schema = json::serialize(*schema);
    }
    if (!tool.name.empty()) answer.tools.push_back(std::move(tool));
  }
}

void read_content(const json::object& result, DeviceAnswer& answer) {
  answer.is_failure = flag_in(result, "isError");
  const json::value* const value = result.if_contains("content");
  const json::array* const content = value == nullptr ? nullptr : value->if_array();
  if (content == nullptr) return;
  for (const json::value& one : *content) {
    const json::object* const part = one.if_object();
    if (part == nullptr) continue;
    const std::string text = string_in(*part, "text");
    if (!answer.text.empty() && !text.empty()) answer.text += '\n';
    answer.text += text;
  }
}

void read_mcp(ObjectReader& reader, DeviceMessage& message) {
  const json::value* const value = reader.require("payload");
  if (value == nullptr) return;
  const json::object* const payload = read_object(*value, "payload", reader.problems());
  if (payload == nullptr) return;
  const json::value* const id = payload->if_contains("id");
  const json::value* const error = payload->if_contains("error");
  const json::object* const result = object_in(*payload, "result");
  if (id == nullptr || !id->is_int64() || (error == nullptr && result == nullptr)) {
    message = DeviceOther{"mcp"};  // a notification
    return;
  }
  DeviceAnswer answer{.id = id->get_int64()};
  if (result != nullptr) {
    read_tools(*result, answer);
    answer.next_cursor = string_in(*result, "nextCursor");
    read_content(*result, answer);
  } else {
    const json::object* const object = error->if_object();
    answer.error = object == nullptr ? std::string() : string_in(*object, "message");
    if (answer.error->empty()) answer.error = "the device gives no reason";
  }
  message = std::move(answer);
}

}  // namespace

std::variant<DeviceMessage, ProtocolError> parse_device_message(std::string_view frame) {
  return parse_object<DeviceMessage>(frame, [](ObjectReader& reader, DeviceMessage& message) {
    std::string type = reader.required_string("type");
    if (type == "hello") {
      read_hello(reader, message);
    } else if (type == "listen") {
      read_listen(reader, message);
    } else if (type == "abort") {
      message = DeviceAbort{reader.string("reason") == "wake_word_detected"};
    } else if (type == "mcp") {
      read_mcp(reader, message);
    } else if (type == "goodbye") {
      message = DeviceGoodbye{};
    } else if (type == "ping") {
      message = DevicePing{};
    } else {
      message = DeviceOther{std::move(type)};
    }
  });
}

}  // namespace parley::protocol
