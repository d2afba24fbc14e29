// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/transcription_answer.h"

#include <algorithm>
#include <exception>
#include <string>

#include "backend/remote/chat_stream.h"
#include "backend/remote/json_fields.h"
#include "protocol/transcription/language_name.h"

namespace parley::backend {
namespace {

namespace json = boost::json;
using media::MediaTime;

constexpr double kSecondsMax = 1e6;  // beyond it a time is none
constexpr std::size_t kDepthMax = 16;

MediaTime time_of(double seconds) {
  return MediaTime::from_ms(static_cast<std::int64_t>(std::clamp(seconds, 0.0, kSecondsMax) * 1e3));
}

Error not_understood(std::string_view what, std::string_view body) {
  std::string message = "the recogniser's endpoint sent " + std::string(what);
  const std::string beginning = error_text(body);
  if (!beginning.empty()) message += ": " + beginning;
  return {ErrorCode::data_corrupt, std::move(message)};
}

void read_words(const json::object& object, HeardAnswer& answer) {
  const json::array* words = array_at(object, "words");
  if (words == nullptr) return;
  for (const json::value& one : *words) {
    const json::object* word = one.if_object();
    const auto start = word == nullptr ? std::nullopt : number_at(*word, "start");
    const auto end = word == nullptr ? std::nullopt : number_at(*word, "end");
    if (!start || !end) {
      answer.words.clear();
      return;
    }
    answer.words.push_back({trimmed(text_at(*word, "word")), time_of(*start), time_of(*end)});
  }
}

/// How likely the segments were, by their length: as one token, since endpoints tell no others.
void read_confidence(const json::object& object, HeardAnswer& answer) {
  const json::array* segments = array_at(object, "segments");
  if (segments == nullptr || answer.text.empty()) return;
  double sum = 0.0;
  double bytes = 0.0;
  for (const json::value& one : *segments) {
    const json::object* segment = one.if_object();
    const auto logprob = segment == nullptr ? std::nullopt : number_at(*segment, "avg_logprob");
    if (!logprob) return;
    const auto size = static_cast<double>(text_at(*segment, "text").size());
    sum += *logprob * size;
    bytes += size;
  }
  // Some endpoints write 0 where they do not know.
  if (bytes > 0.0 && sum < 0.0) answer.tokens = {{answer.text, sum / bytes}};
}

Result<HeardAnswer> read(std::string_view body, MediaTime length) {
  json::parse_options limits;
  limits.max_depth = kDepthMax;
  json::error_code error;
  const json::value parsed = json::parse({body.data(), body.size()}, error, {}, limits);
  const json::object* object = error ? nullptr : parsed.if_object();
  if (object == nullptr) return not_understood("no JSON object", body);
  const json::value* text = object->if_contains("text");
  if (text == nullptr || !text->is_string()) return not_understood("an answer without text", body);
  HeardAnswer answer;
  answer.text = text_at(*object, "text");
  answer.language = protocol::language_code(text_at(*object, "language")).value_or("");
  read_words(*object, answer);
  tidy_answer(answer, length);
  read_confidence(*object, answer);
  return answer;
}

}  // namespace

Result<HeardAnswer> read_transcription(std::string_view body, MediaTime length) {
  try {
    return read(body, length);
  } catch (const std::exception&) {  // out of memory, or a limit of the JSON library
    return not_understood("an answer that cannot be read", {});
  }
}

}  // namespace parley::backend
