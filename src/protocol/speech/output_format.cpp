// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/output_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "media/speech_limits.h"
#include "protocol/choice.h"

namespace parley::protocol {
namespace {

constexpr int kKbpsMin = 8;
constexpr int kKbpsMax = 320;

constexpr std::array<Choice<SpeechFormat>, 8> kFormats{{{"mp3", SpeechFormat::mp3},
                                                        {"opus", SpeechFormat::opus},
                                                        {"aac", SpeechFormat::aac},
                                                        {"flac", SpeechFormat::flac},
                                                        {"wav", SpeechFormat::wav},
                                                        {"pcm", SpeechFormat::pcm},
                                                        {"pcmu", SpeechFormat::pcmu},
                                                        {"pcma", SpeechFormat::pcma}}};
constexpr std::array<Choice<SpeechFormat>, 6> kElevenLabs{{{"pcm", SpeechFormat::pcm},
                                                           {"wav", SpeechFormat::wav},
                                                           {"mp3", SpeechFormat::mp3},
                                                           {"opus", SpeechFormat::opus},
                                                           {"ulaw", SpeechFormat::pcmu},
                                                           {"alaw", SpeechFormat::pcma}}};
constexpr std::array<Choice<SpeechFormat>, 7> kDeepgram{{{"linear16", SpeechFormat::pcm},
                                                         {"mulaw", SpeechFormat::pcmu},
                                                         {"alaw", SpeechFormat::pcma},
                                                         {"mp3", SpeechFormat::mp3},
                                                         {"opus", SpeechFormat::opus},
                                                         {"flac", SpeechFormat::flac},
                                                         {"aac", SpeechFormat::aac}}};

bool has_bit_rate(SpeechFormat format) {
  return format == SpeechFormat::mp3 || format == SpeechFormat::opus;
}

/// Up to the next '_', which stays.
std::string_view take_part(std::string_view& rest) {
  const std::string_view part = rest.substr(0, rest.find('_'));
  rest.remove_prefix(part.size());
  return part;
}

std::optional<std::string_view> next_part(std::string_view& rest) {
  if (!rest.starts_with('_')) return std::nullopt;
  rest.remove_prefix(1);
  return take_part(rest);
}

std::optional<int> number_within(std::optional<std::string_view> text, int min, int max) {
  if (!text) return std::nullopt;
  int number = 0;
  const char* const text_end = text->data() + text->size();
  const auto [end, failure] = std::from_chars(text->data(), text_end, number);
  if (failure != std::errc{} || end != text_end) return std::nullopt;
  if (number < min || number > max) return std::nullopt;
  return number;
}

}  // namespace

std::string_view name_of(SpeechFormat format) noexcept { return name_of(format, kFormats); }

std::optional<SpeechFormat> speech_format_named(std::string_view name) noexcept {
  return value_of(name, kFormats);
}

std::optional<OutputFormat> eleven_labs_format(std::string_view name) noexcept {
  const std::optional<SpeechFormat> format = value_of(take_part(name), kElevenLabs);
  const std::optional<int> rate =
      number_within(next_part(name), media::kSpeechRateMin, media::kSpeechRateMax);
  if (!format || !rate) return std::nullopt;
  OutputFormat result{*format, *rate};
  if (has_bit_rate(*format)) {
    const std::optional<int> kbps = number_within(next_part(name), kKbpsMin, kKbpsMax);
    if (!kbps) return std::nullopt;
    result.kbps = *kbps;
  }
  return name.empty() ? std::optional(result) : std::nullopt;
}

std::optional<SpeechFormat> deepgram_encoding(std::string_view name) noexcept {
  return value_of(name, kDeepgram);
}

}  // namespace parley::protocol
