// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/socket_message.h"

#include <algorithm>
#include <array>
#include <utility>

#include "media/speech_limits.h"
#include "protocol/parse_object.h"

namespace parley::protocol {
namespace {

constexpr std::int32_t kKbpsMin = 8;
constexpr std::int32_t kKbpsMax = 320;
constexpr std::size_t kLanguageBytesMax = 35;  // RFC 5646 §4.4.1

constexpr std::array<Choice<SpeechPriority>, 2> kPriorities{
    {{"interactive", SpeechPriority::interactive}, {"bulk", SpeechPriority::bulk}}};

enum class Verb : std::uint8_t { speak, append, flush, finish, cancel, close };
constexpr std::array<Choice<Verb>, 6> kVerbs{{{"speak", Verb::speak},
                                              {"append", Verb::append},
                                              {"flush", Verb::flush},
                                              {"finish", Verb::finish},
                                              {"cancel", Verb::cancel},
                                              {"close", Verb::close}}};
constexpr std::array<Choice<Verb>, 4> kDeepgramVerbs{{{"Speak", Verb::append},
                                                      {"Flush", Verb::flush},
                                                      {"Clear", Verb::cancel},
                                                      {"Close", Verb::close}}};

std::string short_string(ObjectReader& reader, std::string_view key, std::size_t bytes_max,
                         std::string otherwise = {}) {
  std::optional<std::string> text = reader.string(key);
  if (!text) return otherwise;
  if (text->size() > bytes_max) {
    reader.problems().report(string_too_long(reader.path_of(key), bytes_max, text->size()));
  }
  return std::move(*text);
}

std::string read_id(ObjectReader& reader) {
  return short_string(reader, "id", kSocketNameBytesMax);
}

void read_format(ObjectReader& reader, OutputFormat& format) {
  const std::optional<std::string> name = reader.string("format");
  if (name) {
    if (const std::optional<SpeechFormat> known = speech_format_named(*name)) {
      format.format = *known;
    } else {
      reader.problems().report(
          unsupported_value(reader.path_of("format"), *name,
                            "'pcm', 'wav', 'mp3', 'opus', 'aac', 'flac', 'pcmu' and 'pcma'"));
    }
  }
  const std::optional<std::int32_t> rate =
      reader.small_integer("samplerate", media::kSpeechRateMin, media::kSpeechRateMax);
  // G.711 is 8000 Hz wherever nobody says otherwise.
  const bool is_telephone =
      name && (format.format == SpeechFormat::pcmu || format.format == SpeechFormat::pcma);
  format.rate = rate.value_or(is_telephone ? media::kSpeechRateMin : format.rate);
  format.kbps = reader.small_integer("bitrate", kKbpsMin, kKbpsMax).value_or(format.kbps);
}

Speak read_speak(ObjectReader& reader, const Speak& defaults, bool is_plain) {
  Speak speak = defaults;
  speak.id = read_id(reader);
  speak.text = is_plain ? reader.required_string("text") : reader.string("text").value_or("");
  speak.is_whole = is_plain || reader.boolean("finish").value_or(false);
  speak.voice = short_string(reader, "voice", kSocketNameBytesMax, defaults.voice);
  speak.speed = reader.number("speed", media::kSpeechSpeedMin, media::kSpeechSpeedMax)
                    .value_or(defaults.speed);
  read_format(reader, speak.format);
  speak.language = short_string(reader, "language", kLanguageBytesMax, defaults.language);
  speak.ssml = reader.boolean("ssml").value_or(defaults.ssml);
  speak.normalise = reader.boolean("normalise").value_or(defaults.normalise);
  speak.phonemes = reader.boolean("phonemes").value_or(defaults.phonemes);
  speak.priority = reader.choice("priority", kPriorities).value_or(defaults.priority);
  if (const auto lead = reader.integer("lead_ms", 0, kLeadMsMax)) speak.lead_ms = lead;
  return speak;
}

SocketMessage read_message(ObjectReader& reader, Verb verb, const Speak& defaults, bool is_plain) {
  switch (verb) {
    case Verb::speak:
      return read_speak(reader, defaults, is_plain);
    case Verb::append: {
      Append append{read_id(reader), reader.required_string("text"), false};
      append.is_last = reader.boolean("finish").value_or(false);
      return append;
    }
    case Verb::flush:
      return Flush{read_id(reader)};
    case Verb::finish:
      return Finish{read_id(reader)};
    case Verb::cancel:
      return Cancel{read_id(reader)};
    case Verb::close:
      break;
  }
  return CloseSocket{};
}

}  // namespace

SocketMessageResult parse_socket_message(std::string_view text, const Speak& defaults) {
  return parse_object<SocketMessage>(text, [&](ObjectReader& reader, SocketMessage& message) {
    const bool is_plain = reader.find("type") == nullptr;
    const std::optional<Verb> verb = is_plain ? Verb::speak : reader.choice("type", kVerbs);
    if (!verb) return;
    message = read_message(reader, *verb, defaults, is_plain);
    reader.finish();
  });
}

SocketMessageResult parse_deepgram_message(std::string_view text) {
  return parse_object<SocketMessage>(text, [](ObjectReader& reader, SocketMessage& message) {
    if (reader.require("type") == nullptr) return;
    const std::optional<Verb> verb = reader.choice("type", kDeepgramVerbs);
    if (!verb) return;
    if (*verb == Verb::append) {
      message = Append{{}, reader.required_string("text"), false};
    } else {
      message = read_message(reader, *verb, {}, false);
    }
  });
}

}  // namespace parley::protocol
