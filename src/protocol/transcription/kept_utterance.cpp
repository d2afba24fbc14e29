// SPDX-License-Identifier: Apache-2.0
#include "protocol/transcription/kept_utterance.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <variant>

#include "protocol/json_writer.h"
#include "protocol/parse_object.h"

namespace parley::protocol {
namespace {

using media::MediaTime;

constexpr std::size_t kWordParts = 3;  // its text, where it begins, where it ends

/// Both times have to be there: without one the line is not whole.
MediaTime read_time(ObjectReader& reader, std::string_view key, MediaTime min) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  reader.require(key);
  return {reader.integer(key, min.flicks, kMax).value_or(0)};
}

/// Nothing when it is something else.
std::optional<media::WordTime> word_of(const json::value& value) {
  const json::array* const parts = value.if_array();
  if (parts == nullptr || parts->size() != kWordParts) return std::nullopt;
  const json::string* const text = (*parts)[0].if_string();
  const std::int64_t* const begin = (*parts)[1].if_int64();
  const std::int64_t* const end = (*parts)[2].if_int64();
  if (text == nullptr || begin == nullptr || end == nullptr) return std::nullopt;
  return media::WordTime{std::string(*text), {*begin}, {*end}};
}

void read_words(ObjectReader& reader, KeptUtterance& utterance) {
  const json::value* const value = reader.find("words");
  if (value == nullptr) return;
  const json::array* const words = read_array(*value, "words", reader.problems());
  if (words == nullptr) return;
  for (const json::value& one : *words) {
    std::optional<media::WordTime> word = word_of(one);
    if (!word) {
      const std::string path = element_path("words", utterance.words.size());
      return reader.problems().report(
          invalid_value(path, path + ": expected a text and two times."));
    }
    utterance.words.push_back(std::move(*word));
  }
}

}  // namespace

void append_kept_utterance(std::string& out, const KeptUtterance& utterance) {
  JsonWriter json(out);
  json.begin_object();
  json.field("begin", utterance.begin.flicks);
  json.field("end", utterance.end.flicks);
  json.field("text", utterance.text);
  if (!utterance.language.empty()) json.field("language", utterance.language);
  json.key("words").begin_array();
  for (const media::WordTime& word : utterance.words) {
    json.begin_array();
    json.value(word.text);
    json.value(word.begin.flicks);
    json.value(word.end.flicks);
    json.end_array();
  }
  json.end_array();
  json.end_object();
  out += '\n';
}

Result<KeptUtterance> read_kept_utterance(std::string_view line) {
  auto read = parse_object<KeptUtterance>(line, [](ObjectReader& reader, KeptUtterance& utterance) {
    utterance.begin = read_time(reader, "begin", {});
    utterance.end = read_time(reader, "end", utterance.begin);
    utterance.text = reader.required_string("text");
    utterance.language = reader.string("language").value_or("");
    read_words(reader, utterance);
    reader.finish();
  });
  if (const auto* error = std::get_if<ProtocolError>(&read)) {
    return Error{ErrorCode::data_corrupt, error->message};
  }
  return std::get<KeptUtterance>(std::move(read));
}

}  // namespace parley::protocol
