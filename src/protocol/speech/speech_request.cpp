// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/speech_request.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/trace.h"
#include "base/utf8.h"
#include "media/speech_limits.h"
#include "protocol/parse_object.h"

namespace parley::protocol {
namespace {

constexpr std::array<Choice<SpeechFormat>, 6> kFormats{{{"mp3", SpeechFormat::mp3},
                                                        {"opus", SpeechFormat::opus},
                                                        {"aac", SpeechFormat::aac},
                                                        {"flac", SpeechFormat::flac},
                                                        {"wav", SpeechFormat::wav},
                                                        {"pcm", SpeechFormat::pcm}}};
constexpr std::array<Choice<bool>, 2> kStreamFormats{{{"audio", false}, {"sse", true}}};
constexpr std::array<Choice<SpeechPriority>, 2> kPriorities{
    {{"interactive", SpeechPriority::interactive}, {"bulk", SpeechPriority::bulk}}};
constexpr std::size_t kNameBytesMax = 256;

std::string required_text(ObjectReader& reader, std::string_view key, std::size_t max) {
  std::string text = reader.required_string(key);
  const bool has_words = std::ranges::any_of(
      text, [](char c) { return c != ' ' && c != '\n' && c != '\t' && c != '\r'; });
  if (!has_words && !reader.problems().any()) {
    reader.problems().report(invalid_value(
        std::string(key), "Invalid value for '" + std::string(key) + "': expected text to speak."));
  }
  if (const std::size_t length = characters_in(text); length > max) {
    reader.problems().report(string_too_long(std::string(key), max, length));
  }
  return text;
}

std::optional<std::string> read_voice(const json::value& value, std::string_view path,
                                      Problems& problems) {
  if (!value.is_object()) return read_string(value, path, problems);
  ObjectReader reader(value.get_object(), std::string(path), problems);
  return reader.required_string("id");
}

void read_voice(ObjectReader& reader, SpeechOrder& order) {
  const json::value* value = reader.find("voice");
  if (value == nullptr) return;
  const std::string path = reader.path_of("voice");
  order.voice = read_voice(*value, path, reader.problems()).value_or("");
  if (order.voice.size() > kNameBytesMax) {
    reader.problems().report(string_too_long(path, kNameBytesMax, order.voice.size()));
  }
}

/// What both interfaces have.
void read_common(ObjectReader& reader, SpeechOrder& order, std::string_view rate_key) {
  read_voice(reader, order);
  order.speed =
      reader.number("speed", media::kSpeechSpeedMin, media::kSpeechSpeedMax).value_or(order.speed);
  order.rate = reader.small_integer(rate_key, media::kSpeechRateMin, media::kSpeechRateMax)
                   .value_or(order.rate);
  order.language = reader.string("language").value_or("");
  order.ssml = reader.boolean("ssml").value_or(false);
  order.priority = reader.choice("priority", kPriorities).value_or(order.priority);
}

}  // namespace

SpeechOrderResult parse_openai_speech(std::string_view text, std::size_t characters_max) {
  PARLEY_HOP();
  return parse_object<SpeechOrder>(text, [&](ObjectReader& reader, SpeechOrder& order) {
    order.model = reader.string("model").value_or("");
    order.text = required_text(reader, "input", characters_max);
    order.format = reader.choice("response_format", kFormats).value_or(order.format);
    order.sse = reader.choice("stream_format", kStreamFormats).value_or(false);
    read_common(reader, order, "sample_rate");
  });
}

SpeechOrderResult parse_audio_stream(std::string_view text, std::size_t characters_max) {
  return parse_object<SpeechOrder>(text, [&](ObjectReader& reader, SpeechOrder& order) {
    order.text = required_text(reader, "text", characters_max);
    order.format = SpeechFormat::pcm;
    read_common(reader, order, "samplerate");
    reader.finish();
  });
}

}  // namespace parley::protocol
