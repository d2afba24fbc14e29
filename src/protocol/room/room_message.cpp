// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/room_message.h"

#include <utility>

#include "base/utf8.h"
#include "protocol/parse_object.h"

namespace parley::protocol {
namespace {

/// The text of `field`, or the whole payload where that is no object.
std::variant<std::string, ProtocolError> words_of(std::string_view payload,
                                                  std::string_view field) {
  if (payload.size() > kRoomCallBytesMax) {
    return string_too_long("payload", kRoomCallBytesMax, payload.size());
  }
  if (!is_utf8(payload)) return invalid_value("payload", "The payload is not valid UTF-8.");
  if (!payload.starts_with('{')) return std::string(payload);
  return parse_object<std::string>(payload, [field](ObjectReader& reader, std::string& words) {
    words = reader.required_string(field);
    reader.finish();
  });
}

}  // namespace

std::variant<RoomCall, ProtocolError> parse_room_call(std::string_view method,
                                                      std::string_view payload) {
  if (method == "interrupt") return RoomCall{RoomCall::Kind::interrupt};
  const bool is_say = method == "say";
  if (!is_say && method != "set_instructions") {
    return unsupported_value("method", method, "'interrupt', 'say' and 'set_instructions'");
  }
  const std::string_view field = is_say ? "text" : "instructions";
  auto words = words_of(payload, field);
  if (auto* error = std::get_if<ProtocolError>(&words)) return std::move(*error);
  RoomCall call{is_say ? RoomCall::Kind::say : RoomCall::Kind::set_instructions,
                std::move(std::get<std::string>(words))};
  if (is_say && call.text.empty()) return missing_parameter(std::string(field));
  return call;
}

std::variant<std::string, ProtocolError> parse_old_chat(std::string_view packet) {
  if (packet.size() > kRoomCallBytesMax) {
    return string_too_long("packet", kRoomCallBytesMax, packet.size());
  }
  return parse_object<std::string>(packet, [](ObjectReader& reader, std::string& words) {
    words = reader.required_string("message");
  });
}

}  // namespace parley::protocol
