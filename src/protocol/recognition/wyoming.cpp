// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/wyoming.h"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/json_writer.h"
#include "protocol/parse_object.h"
#include "protocol/recognition/stream_rate.h"

namespace parley::protocol {
namespace {

constexpr int kChannelsMax = 8;
constexpr std::size_t kNamesMax = 32;
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kLanguageBytesMax = 35;  // RFC 5646 §4.4.1
/// Read bytes are dropped when there are as many of them.
constexpr std::size_t kReadBytesMax = 64U << 10U;

using Parsed = std::variant<WyomingEvent, ProtocolError>;

/// A value that is too long is a mistake; one that is absent is empty.
std::string short_string(ObjectReader& reader, std::string_view key, std::size_t bytes_max) {
  std::string value = reader.string(key).value_or("");
  if (value.size() > bytes_max) {
    reader.problems().report(string_too_long(std::string(key), bytes_max, value.size()));
  }
  return value;
}

WyomingFormat read_format(ObjectReader& reader) {
  WyomingFormat format;
  format.rate = reader.small_integer("rate", 1, 1'000'000).value_or(format.rate);
  format.channels = reader.small_integer("channels", 1, kChannelsMax).value_or(format.channels);
  if (!is_stream_rate(format.rate)) {
    reader.problems().report(
        invalid_value("rate", std::to_string(format.rate) + " Hz is not " + kStreamRates));
  }
  const int width = reader.small_integer("width", 1, 8).value_or(2);
  if (width != 2) {
    reader.problems().report(
        invalid_value("width", std::to_string(width) + " is not 2: samples have 16 bits"));
  }
  return format;
}

WyomingSynthesize read_order(ObjectReader& reader) {
  WyomingSynthesize order;
  order.text = reader.string("text").value_or("");
  const std::string format = reader.string("text_format").value_or("text");
  order.is_ssml = format == "ssml";
  if (format != "text" && format != "ssml") {
    reader.problems().report(unsupported_value("text_format", format, "'text' and 'ssml'"));
  }
  const json::value* value = reader.find("voice");
  if (value == nullptr) return order;
  const json::object* object = read_object(*value, "voice", reader.problems());
  if (object == nullptr) return order;
  ObjectReader voice(*object, "voice", reader.problems(), ObjectReader::Null::is_absent);
  order.voice = short_string(voice, "name", kNameBytesMax);
  const std::string speaker = short_string(voice, "speaker", kNameBytesMax);
  if (!order.voice.empty() && !speaker.empty()) order.voice += '#' + speaker;
  order.language = short_string(voice, "language", kLanguageBytesMax);
  return order;
}

WyomingDetect read_detect(ObjectReader& reader) {
  WyomingDetect detect;
  const json::value* names = reader.find("names");
  if (names == nullptr) return detect;
  detect.names =
      read_strings(*names, "names", reader.problems()).value_or(std::vector<std::string>{});
  if (detect.names.size() > kNamesMax) {
    reader.problems().report(
        invalid_value("names", "more than " + std::to_string(kNamesMax) + " names"));
  }
  for (const std::string& name : detect.names) {
    if (name.size() <= kNameBytesMax) continue;
    reader.problems().report(string_too_long("names", kNameBytesMax, name.size()));
  }
  return detect;
}

WyomingEvent read_event(std::string_view type, ObjectReader& reader, std::string payload) {
  if (type == "audio-chunk") return WyomingAudioChunk{read_format(reader), std::move(payload)};
  if (type == "audio-start") return WyomingAudioStart{read_format(reader)};
  if (type == "audio-stop") return WyomingAudioStop{};
  if (type == "describe") return WyomingDescribe{};
  if (type == "ping") return WyomingPing{reader.string("text").value_or("")};
  if (type == "transcribe") {
    return WyomingTranscribe{short_string(reader, "language", kLanguageBytesMax)};
  }
  if (type == "detect") return read_detect(reader);
  if (type == "synthesize") return read_order(reader);
  if (type == "synthesize-start") return WyomingSynthesizeStart{read_order(reader)};
  if (type == "synthesize-chunk") {
    return WyomingSynthesizeChunk{reader.string("text").value_or("")};
  }
  if (type == "synthesize-stop") return WyomingSynthesizeStop{};
  return WyomingUnknown{std::string(type)};
}

std::optional<json::object> object_of(std::string_view text) {
  json::parse_options limits;
  limits.max_depth = kObjectDepthMax;
  json::error_code failure;
  try {
    json::value value =
        json::parse(json::string_view(text.data(), text.size()), failure, {}, limits);
    if (failure || !value.is_object()) return std::nullopt;
    return std::move(value.get_object());
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

/// The further data stands over what the line itself has.
Parsed parse_event(std::string_view line, std::string_view data, std::string payload) {
  const std::optional<json::object> head = object_of(line);
  if (!head) return invalid_json();
  json::object fields;
  if (const json::value* inside = head->if_contains("data"); inside && inside->is_object()) {
    fields = inside->get_object();
  }
  if (!data.empty()) {
    const std::optional<json::object> more = object_of(data);
    if (!more) return invalid_json();
    for (const auto& field : *more) fields.insert_or_assign(field.key(), field.value());
  }
  const json::value* type = head->if_contains("type");
  if (type == nullptr || !type->is_string()) return missing_parameter("type");
  Problems problems;
  ObjectReader reader(fields, "", problems, ObjectReader::Null::is_absent);
  const std::string_view name(type->get_string().data(), type->get_string().size());
  WyomingEvent event = read_event(name, reader, std::move(payload));
  if (auto problem = problems.take()) return *std::move(problem);
  return event;
}

void write_artifact(JsonWriter& json, std::string_view name, std::string_view description,
                    std::string_view version) {
  json.field("name", name);
  json.key("attribution").begin_object();
  json.field("name", "Parley");
  json.field("url", "");
  json.end_object();
  json.field("installed", true);
  json.field("description", description);
  json.field("version", version);
}

void write_languages(JsonWriter& json, const std::vector<std::string>& languages) {
  json.key("languages").begin_array();
  for (const std::string& language : languages) json.value(language);
  json.end_array();
}

void write_asr(JsonWriter& json, const WyomingInfo& info) {
  json.key("asr").begin_array();
  json.begin_object();
  write_artifact(json, "parley", "Speech to text", info.version);
  json.field("supports_transcript_streaming", true);
  json.key("models").begin_array();
  json.begin_object();
  write_artifact(json, info.asr_model, info.asr_model, info.version);
  write_languages(json, info.asr_languages);
  json.end_object();
  json.end_array();
  json.end_object();
  json.end_array();
}

void write_tts(JsonWriter& json, const WyomingInfo& info) {
  json.key("tts").begin_array();
  if (!info.voices.empty()) {
    json.begin_object();
    write_artifact(json, "parley", "Text to speech", info.version);
    json.field("supports_synthesize_streaming", true);
    json.key("voices").begin_array();
    for (const WyomingVoice& voice : info.voices) {
      json.begin_object();
      write_artifact(json, voice.name, voice.name, info.version);
      write_languages(json, {voice.language});
      json.key("speakers").null();
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

void write_wake(JsonWriter& json, const WyomingInfo& info) {
  json.key("wake").begin_array();
  if (!info.wake_phrases.empty()) {
    json.begin_object();
    write_artifact(json, "parley", "Phrases that wake, by speech to text", info.version);
    json.key("models").begin_array();
    for (const std::string& phrase : info.wake_phrases) {
      json.begin_object();
      write_artifact(json, phrase, phrase, info.version);
      write_languages(json, info.asr_languages);
      json.field("phrase", std::string_view(phrase));
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

std::string object_with(std::string_view key, std::string_view value) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field(key, value);
  json.end_object();
  return out;
}

std::string audio_data(int rate, media::MediaTime at) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("rate", rate);
  json.field("width", 2);
  json.field("channels", 1);
  json.field("timestamp", at.ms());
  json.end_object();
  return out;
}

}  // namespace

void WyomingReader::append(std::span<const std::byte> bytes) {
  if (at_ == bytes_.size() || at_ > kReadBytesMax) {
    bytes_.erase(0, at_);
    at_ = 0;
  }
  bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::optional<ProtocolError> WyomingReader::read_line() {
  const std::size_t end = bytes_.find('\n', at_);
  if (std::min(end, bytes_.size()) - at_ > kWyomingLineBytesMax) {
    return string_too_long("line", kWyomingLineBytesMax, std::min(end, bytes_.size()) - at_);
  }
  if (end == std::string::npos) return std::nullopt;
  Line line{.text = bytes_.substr(at_, end - at_)};
  at_ = end + 1;
  const std::optional<json::object> head = object_of(line.text);
  if (!head) return invalid_json();
  const auto length = [&](const char* name, std::size_t max) -> std::optional<std::size_t> {
    const json::value* value = head->if_contains(name);
    if (value == nullptr || value->is_null()) return 0;
    if (!value->is_int64() || value->get_int64() < 0) return std::nullopt;
    const auto bytes = static_cast<std::size_t>(value->get_int64());
    return bytes <= max ? std::optional(bytes) : std::nullopt;
  };
  const auto data = length("data_length", kWyomingDataBytesMax);
  if (!data) return invalid_value("data_length", "data_length is no length that we read");
  const auto payload = length("payload_length", kWyomingPayloadBytesMax);
  if (!payload) return invalid_value("payload_length", "payload_length is no length that we read");
  line.data_bytes = *data;
  line.payload_bytes = *payload;
  line_ = std::move(line);
  return std::nullopt;
}

std::optional<std::variant<WyomingEvent, ProtocolError>> WyomingReader::next() {
  if (is_broken_) return std::nullopt;
  if (!line_) {
    if (auto error = read_line()) {
      is_broken_ = true;
      return *std::move(error);
    }
  }
  if (!line_ || waiting_bytes() < line_->data_bytes + line_->payload_bytes) return std::nullopt;
  const Line line = *std::exchange(line_, std::nullopt);
  const std::string data = bytes_.substr(at_, line.data_bytes);
  std::string payload = bytes_.substr(at_ + line.data_bytes, line.payload_bytes);
  at_ += line.data_bytes + line.payload_bytes;
  return parse_event(line.text, data, std::move(payload));
}

std::string wyoming_event(std::string_view type, std::string_view data, std::string_view payload) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("type", type);
  if (!data.empty()) json.field("data_length", data.size());
  if (!payload.empty()) json.field("payload_length", payload.size());
  json.end_object();
  out += '\n';
  out.append(data).append(payload);
  return out;
}

std::string to_event(const WyomingInfo& info) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_asr(json, info);
  write_tts(json, info);
  write_wake(json, info);
  for (const char* name : {"handle", "intent", "mic", "snd"}) {
    json.key(name).begin_array();
    json.end_array();
  }
  json.end_object();
  return wyoming_event("info", out);
}

std::string wyoming_pong(std::string_view text) {
  return wyoming_event("pong", object_with("text", text));
}

std::string wyoming_error(std::string_view text, std::string_view code) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("text", text);
  json.field("code", code);
  json.end_object();
  return wyoming_event("error", out);
}

std::string wyoming_transcript(std::string_view type, std::string_view text,
                               std::string_view language) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("text", text);
  if (!language.empty()) json.field("language", language);
  json.end_object();
  return wyoming_event(type, out);
}

std::string wyoming_detection(std::string_view name, media::MediaTime at) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("name", name);
  json.field("timestamp", std::max<std::int64_t>(at.ms(), 0));
  json.end_object();
  return wyoming_event("detection", out);
}

std::string wyoming_audio_start(int rate) {
  return wyoming_event("audio-start", audio_data(rate, {}));
}

std::string wyoming_audio_chunk(int rate, media::MediaTime at, std::string_view samples) {
  return wyoming_event("audio-chunk", audio_data(rate, at), samples);
}

}  // namespace parley::protocol
