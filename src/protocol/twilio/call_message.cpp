// SPDX-License-Identifier: Apache-2.0
#include "protocol/twilio/call_message.h"

#include <algorithm>
#include <optional>
#include <span>

#include "base/base64.h"
#include "protocol/json_writer.h"
#include "protocol/parse_object.h"

namespace parley::protocol {
namespace {

constexpr std::string_view kMulaw = "audio/x-mulaw";
constexpr std::string_view kDigits = "0123456789*#ABCD";

/// The object of a message that carries its event's name, or else null, and that is told.
const json::object* part(ObjectReader& reader, std::string_view key) {
  const json::value* const value = reader.require(key);
  return value == nullptr ? nullptr : read_object(*value, key, reader.problems());
}

std::string name_in(ObjectReader& reader, std::string_view key) {
  std::string name = reader.required_string(key);
  if (name.size() > kCallNameBytesMax) {
    reader.problems().report(string_too_long(reader.path_of(key), kCallNameBytesMax, name.size()));
  }
  return name;
}

void read_format(ObjectReader& start) {
  const json::value* const value = start.find("mediaFormat");
  if (value == nullptr) return;
  const std::string path = start.path_of("mediaFormat");
  const json::object* const object = read_object(*value, path, start.problems());
  if (object == nullptr) return;
  ObjectReader format(*object, path, start.problems(), ObjectReader::Null::is_absent);
  const std::string encoding = format.string("encoding").value_or(std::string(kMulaw));
  if (encoding != kMulaw) {
    start.problems().report(
        unsupported_value(format.path_of("encoding"), encoding, "'audio/x-mulaw'"));
  }
}

void read_tracks(ObjectReader& start, CallStart& call) {
  const json::value* const value = start.find("tracks");
  const json::array* const tracks = value == nullptr ? nullptr : value->if_array();
  if (tracks == nullptr) return;
  call.has_outbound = std::ranges::any_of(*tracks, [](const json::value& track) {
    const json::string* const name = track.if_string();
    return name != nullptr && *name == "outbound";
  });
}

void read_parameters(ObjectReader& start, CallStart& call) {
  const json::value* const value = start.find("customParameters");
  const json::object* const object = value == nullptr ? nullptr : value->if_object();
  if (object == nullptr) return;
  for (const auto& [key, one] : *object) {
    if (call.parameters.size() == kCallParametersMax) return;
    const json::string* const text = one.if_string();
    if (text == nullptr) continue;
    if (key.size() > kCallNameBytesMax || text->size() > kCallValueBytesMax) {
      start.problems().report(string_too_long(start.path_of("customParameters"), kCallValueBytesMax,
                                              std::max(key.size(), text->size())));
    }
    call.parameters.emplace_back(std::string(key.data(), key.size()),
                                 std::string(text->data(), text->size()));
  }
}

void read_start(ObjectReader& reader, CallMessage& message) {
  const json::object* const object = part(reader, "start");
  if (object == nullptr) return;
  ObjectReader start(*object, "start", reader.problems(), ObjectReader::Null::is_absent);
  CallStart call;
  call.stream = name_in(reader, "streamSid");
  call.call = name_in(start, "callSid");
  read_format(start);
  read_tracks(start, call);
  read_parameters(start, call);
  message = std::move(call);
}

void read_media(ObjectReader& reader, CallMessage& message) {
  const json::object* const object = part(reader, "media");
  if (object == nullptr) return;
  ObjectReader media(*object, "media", reader.problems(), ObjectReader::Null::is_absent);
  CallSound sound;
  sound.is_inbound = media.string("track").value_or("inbound") == "inbound";
  const std::string payload = media.required_string("payload");
  const std::optional<std::size_t> size = base64_decoded_size(payload);
  sound.bytes.resize(size.value_or(0));
  if (!size || !base64_decode(payload, std::as_writable_bytes(std::span(sound.bytes)))) {
    reader.problems().report(
        invalid_value("media.payload", "Invalid value for 'media.payload': expected base64."));
  }
  message = std::move(sound);
}

void read_mark(ObjectReader& reader, CallMessage& message) {
  const json::object* const object = part(reader, "mark");
  if (object == nullptr) return;
  ObjectReader mark(*object, "mark", reader.problems(), ObjectReader::Null::is_absent);
  message = CallMark{name_in(mark, "name")};
}

void read_digit(ObjectReader& reader, CallMessage& message) {
  const json::object* const object = part(reader, "dtmf");
  if (object == nullptr) return;
  ObjectReader dtmf(*object, "dtmf", reader.problems(), ObjectReader::Null::is_absent);
  const std::string digit = dtmf.required_string("digit");
  if (digit.size() != 1 || kDigits.find(digit[0]) == std::string_view::npos) {
    reader.problems().report(
        unsupported_value("dtmf.digit", digit, "'0' to '9', '*', '#' and 'A' to 'D'"));
    return;
  }
  message = CallDigit{digit[0]};
}

}  // namespace

std::variant<CallMessage, ProtocolError> parse_call_message(std::string_view frame) {
  return parse_object<CallMessage>(frame, [](ObjectReader& reader, CallMessage& message) {
    std::string event = reader.required_string("event");
    if (event == "media") {
      read_media(reader, message);
    } else if (event == "start") {
      read_start(reader, message);
    } else if (event == "mark") {
      read_mark(reader, message);
    } else if (event == "dtmf") {
      read_digit(reader, message);
    } else if (event == "stop") {
      message = CallStop{};
    } else {
      message = CallOther{std::move(event)};
    }
  });
}

std::string to_json(const CallCommand& command, std::string_view stream) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  if (const auto* sound = std::get_if<CallSend>(&command)) {
    json.field("event", "media");
    json.field("streamSid", stream);
    json.key("media").begin_object();
    json.key("payload").base64(std::as_bytes(std::span(sound->bytes)));
    json.end_object();
  } else if (const auto* mark = std::get_if<CallSendMark>(&command)) {
    json.field("event", "mark");
    json.field("streamSid", stream);
    json.key("mark").begin_object();
    json.field("name", std::string_view(mark->name));
    json.end_object();
  } else {
    json.field("event", "clear");
    json.field("streamSid", stream);
  }
  json.end_object();
  return out;
}

}  // namespace parley::protocol
