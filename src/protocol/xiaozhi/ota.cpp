// SPDX-License-Identifier: Apache-2.0
#include "protocol/xiaozhi/ota.h"

#include <utility>
#include <variant>

#include "protocol/json_writer.h"
#include "protocol/parse_object.h"
#include "protocol/xiaozhi/server_message.h"

namespace parley::protocol {
namespace {

constexpr std::size_t kVersionBytesMax = 64;

}  // namespace

std::string to_json(const OtaAnswer& answer) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("server_time").begin_object();
  json.field("timestamp", answer.time_ms);
  json.field("timezone_offset", answer.timezone_offset_min);
  json.end_object();
  if (!answer.firmware.empty()) {
    json.key("firmware").begin_object();
    json.field("version", std::string_view(answer.firmware));
    json.field("url", "");
    json.end_object();
  }
  json.key("websocket").begin_object();
  json.field("url", std::string_view(answer.url));
  json.field("token", std::string_view(answer.token));
  json.field("version", answer.framing);
  json.end_object();
  json.end_object();
  return out;
}

std::string firmware_version(std::string_view body) {
  auto parsed = parse_object<std::string>(body, [](ObjectReader& reader, std::string& version) {
    const json::value* const value = reader.find("application");
    const json::object* const application = value == nullptr ? nullptr : value->if_object();
    if (application == nullptr) return;
    const json::value* const told = application->if_contains("version");
    const json::string* const text = told == nullptr ? nullptr : told->if_string();
    if (text != nullptr) version.assign(text->data(), text->size());
  });
  const std::string* const version = std::get_if<std::string>(&parsed);
  return version == nullptr ? std::string() : std::string(cut_text(*version, kVersionBytesMax));
}

}  // namespace parley::protocol
