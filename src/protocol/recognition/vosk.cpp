// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/vosk.h"

#include <algorithm>
#include <utility>

#include "protocol/json_writer.h"
#include "protocol/parse_object.h"
#include "protocol/recognition/hot_words.h"
#include "protocol/recognition/stream_rate.h"

namespace parley::protocol {
namespace {

constexpr const char* kPhrases = "phrase_list";
constexpr std::string_view kAnythingElse = "[unk]";

double seconds(media::MediaTime time) {
  return static_cast<double>(std::max<std::int64_t>(time.ms(), 0)) / 1000.0;
}

void read_config(ObjectReader& config, VoskConfig& read) {
  // Clients send 16000 and 16000.0 alike.
  const std::optional<double> rate = config.number("sample_rate", 1.0, 1e6);
  if (rate) {
    read.rate = static_cast<int>(*rate);
    if (!is_stream_rate(*read.rate)) {
      config.problems().report(
          invalid_value(config.path_of("sample_rate"),
                        "Invalid value: " + std::to_string(*read.rate) +
                            ". Expected 8000, 16000, 22050, 24000, 32000, 44100 or 48000."));
    }
  }
  read.words = config.boolean("words");
  if (const json::value* list = config.find(kPhrases)) {
    const std::string path = config.path_of(kPhrases);
    read.hot_words = read_strings(*list, path, config.problems());
    if (!read.hot_words) return;
    std::erase_if(*read.hot_words,
                  [](const std::string& one) { return one.empty() || one == kAnythingElse; });
    if (auto problem = hot_words_problem(path, *read.hot_words)) {
      config.problems().report(std::move(*problem));
    }
  }
}

}  // namespace

std::variant<VoskMessage, ProtocolError> parse_vosk_message(std::string_view frame) {
  return parse_object<VoskMessage>(frame, [](ObjectReader& reader, VoskMessage& message) {
    if (reader.find("eof") != nullptr) {
      message = VoskEnd{};
      return;
    }
    if (reader.find("reset") != nullptr) {
      message = VoskReset{};
      return;
    }
    const json::value* const value = reader.require("config");
    if (value == nullptr) return;
    const json::object* const object = read_object(*value, "config", reader.problems());
    if (object == nullptr) return;
    ObjectReader config(*object, "config", reader.problems(), ObjectReader::Null::is_absent);
    VoskConfig read;
    read_config(config, read);
    message = read;
  });
}

std::string vosk_partial(std::string_view text) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("partial", text);
  json.end_object();
  return out;
}

std::string vosk_result(std::string_view text, const std::vector<media::WordTime>* words,
                        double confidence) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  if (words != nullptr && !words->empty()) {
    json.key("result").begin_array();
    for (const media::WordTime& word : *words) {
      json.begin_object();
      json.field("conf", confidence);
      json.field("end", seconds(word.end));
      json.field("start", seconds(word.begin));
      json.field("word", std::string_view(word.text));
      json.end_object();
    }
    json.end_array();
  }
  json.field("text", text);
  json.end_object();
  return out;
}

}  // namespace parley::protocol
