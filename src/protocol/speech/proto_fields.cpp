// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/proto_fields.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/utf8.h"
#include "media/speech_limits.h"

namespace parley::protocol {
namespace {

constexpr std::int32_t kRateUsual = 24'000;
constexpr std::size_t kLanguageBytesMax = 35;  // RFC 5646 §4.4.1

ProtocolError out_of_range(std::string_view path, std::string_view min, std::string_view max) {
  std::string message = "Invalid value for '" + std::string(path) + "': expected ";
  message.append(min).append(" to ").append(max).append(".");
  return invalid_value(std::string(path), std::move(message));
}

}  // namespace

ProtocolError invalid_message(std::string_view name) {
  return invalid_event("The message is no " + std::string(name) +
                       ", or one of its strings is not valid UTF-8.");
}

void check_text(std::string_view text, std::string_view path, std::size_t characters_max,
                FirstProblem& problem) {
  const bool has_words = std::ranges::any_of(
      text, [](char c) { return c != ' ' && c != '\n' && c != '\t' && c != '\r'; });
  if (!has_words) {
    problem.report(invalid_value(std::string(path), "Invalid value for '" + std::string(path) +
                                                        "': expected text to speak."));
  }
  if (const std::size_t length = characters_in(text); length > characters_max) {
    problem.report(string_too_long(std::string(path), characters_max, length));
  }
}

void check_name(std::string_view name, std::string_view path, std::size_t bytes_max,
                FirstProblem& problem) {
  if (name.size() <= bytes_max) return;
  problem.report(string_too_long(std::string(path), bytes_max, name.size()));
}

double checked_speed(double speed, std::string_view path, FirstProblem& problem) {
  if (speed == 0.0) return 1.0;
  // Not the other way round: no comparison with NaN is true.
  if (!(speed >= media::kSpeechSpeedMin && speed <= media::kSpeechSpeedMax)) {
    problem.report(out_of_range(path, "0.25", "4"));
    return 1.0;
  }
  return speed;
}

int checked_rate(std::int32_t rate, std::string_view path, SpeechFormat format,
                 FirstProblem& problem) {
  const bool is_telephone = format == SpeechFormat::pcmu || format == SpeechFormat::pcma;
  if (rate == 0) return is_telephone ? media::kSpeechRateMin : kRateUsual;
  if (rate < media::kSpeechRateMin || rate > media::kSpeechRateMax)
    problem.report(out_of_range(path, "8000", "48000"));
  return rate;
}

std::string checked_language(std::string_view code, std::string_view path, FirstProblem& problem) {
  check_name(code, path, kLanguageBytesMax, problem);
  std::string language(code.substr(0, code.find_first_of("-_")));
  std::ranges::transform(language, language.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return language;
}

std::int32_t milliseconds(media::MediaTime time) {
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(time.ms(), 0, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace parley::protocol
