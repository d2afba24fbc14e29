// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/funasr.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "protocol/json_writer.h"
#include "protocol/parse_object.h"
#include "protocol/recognition/hot_words.h"
#include "protocol/recognition/stream_rate.h"

namespace parley::protocol {
namespace {

constexpr std::size_t kNameBytesMax = 1024;
constexpr std::size_t kHotWordsBytesMax = 64U << 10U;
constexpr std::size_t kChunkNumbersMax = 3;
constexpr int kChunkMax = 1000;
/// One of a chunk's: FunASR's encoder looks at the sound six frames of 10 ms at a time.
constexpr int kChunkUnitMs = 60;

constexpr std::array<Choice<FunasrMode>, 3> kModes{{{"offline", FunasrMode::offline},
                                                    {"online", FunasrMode::online},
                                                    {"2pass", FunasrMode::two_pass}}};
constexpr std::array<Choice<FunasrFormat>, 4> kFormats{{{"pcm", FunasrFormat::pcm},
                                                        {"PCM", FunasrFormat::pcm},
                                                        {"wav", FunasrFormat::wav},
                                                        {"WAV", FunasrFormat::wav}}};
/// What ends a sentence of `stamp_sents`.
constexpr std::array<std::string_view, 11> kPunctuation{".",  ",",  "?",  "!",  ";", ":",
                                                        "。", "，", "？", "！", "、"};

/// [5,10,5], or the same as a string: the middle is how much is heard at once.
std::optional<int> read_chunk(const json::value& value, const std::string& path,
                              Problems& problems) {
  std::array<int, kChunkNumbersMax> numbers{};
  std::size_t count = 0;
  bool is_good = true;
  const auto take = [&](std::int64_t number) {
    is_good = is_good && count < numbers.size() && number >= 0 && number <= kChunkMax;
    if (is_good) numbers[count++] = static_cast<int>(number);
  };
  if (const json::array* array = value.if_array()) {
    for (const json::value& one : *array) take(one.is_int64() ? one.get_int64() : -1);
  } else if (const json::string* text = value.if_string()) {
    std::string_view rest(text->data(), text->size());
    while (is_good && !rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      std::string_view word = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      while (word.starts_with(' ')) word.remove_prefix(1);
      int number = -1;
      std::from_chars(word.data(), word.data() + word.size(), number);
      take(number);
    }
  } else {
    is_good = false;
  }
  if (is_good && count >= 2 && numbers[1] > 0) return numbers[1] * kChunkUnitMs;
  problems.report(invalid_value(
      path, "Invalid value for '" + path + "'. Expected three numbers such as [5,10,5]."));
  return std::nullopt;
}

/// A word without the punctuation at its end, and that.
std::pair<std::string_view, std::string_view> cut_punctuation(std::string_view word) {
  for (const std::string_view mark : kPunctuation) {
    if (word.size() > mark.size() && word.ends_with(mark)) {
      return {word.substr(0, word.size() - mark.size()), mark};
    }
  }
  return {word, {}};
}

std::int64_t ms(media::MediaTime time) { return std::max<std::int64_t>(time.ms(), 0); }

void write_stamp(JsonWriter& json, const media::WordTime& word) {
  json.begin_array();
  json.value(ms(word.begin));
  json.value(ms(word.end));
  json.end_array();
}

/// Their own lists are JSON inside a string.
void write_timestamp(JsonWriter& json, const std::vector<media::WordTime>& words) {
  std::string list;
  JsonWriter writer(list);
  writer.begin_array();
  for (const media::WordTime& word : words) write_stamp(writer, word);
  writer.end_array();
  json.field("timestamp", std::string_view(list));
}

void write_sentences(JsonWriter& json, const std::vector<media::WordTime>& words) {
  json.key("stamp_sents").begin_array();
  for (std::size_t first = 0; first < words.size();) {
    std::string segment;
    std::string_view mark;
    std::size_t end = first;
    while (end < words.size() && mark.empty()) {
      const auto [word, punctuation] = cut_punctuation(words[end].text);
      if (!segment.empty()) segment += ' ';
      segment += word;
      mark = punctuation;
      ++end;
    }
    json.begin_object();
    json.field("text_seg", std::string_view(segment));
    json.field("punc", mark);
    json.field("start", ms(words[first].begin));
    json.field("end", ms(words[end - 1].end));
    json.key("ts_list").begin_array();
    for (; first < end; ++first) write_stamp(json, words[first]);
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

std::string_view mode_name(FunasrMode mode, FunasrPass pass) noexcept {
  if (mode != FunasrMode::two_pass) return name_of(mode, kModes);
  return pass == FunasrPass::online ? "2pass-online" : "2pass-offline";
}

/// Clients write it as they like; what is neither says nothing.
std::optional<bool> read_itn(const json::value& value) {
  if (value.is_bool()) return value.get_bool();
  if (value.is_int64()) return value.get_int64() != 0;
  return std::nullopt;
}

void read_message(ObjectReader& reader, FunasrMessage& message) {
  message.mode = reader.choice("mode", kModes);
  message.format = reader.choice("wav_format", kFormats);
  message.wav_name = reader.string("wav_name");
  if (message.wav_name && message.wav_name->size() > kNameBytesMax) {
    reader.problems().report(string_too_long("wav_name", kNameBytesMax, message.wav_name->size()));
  }
  message.rate = reader.small_integer("audio_fs", 1, 1'000'000);
  if (message.rate && !is_stream_rate(*message.rate)) {
    reader.problems().report(invalid_value(
        "audio_fs",
        "Invalid value: " + std::to_string(*message.rate) + ". Expected " + kStreamRates + "."));
  }
  if (const json::value* chunk = reader.find("chunk_size")) {
    message.chunk_ms = read_chunk(*chunk, "chunk_size", reader.problems());
  }
  for (const char* name : {"hotwords", "hotword"}) {
    const json::value* words = reader.find(name);
    if (words == nullptr || !words->is_string()) continue;
    const std::size_t size = words->get_string().size();
    if (size > kHotWordsBytesMax) {
      reader.problems().report(string_too_long(name, kHotWordsBytesMax, size));
      continue;
    }
    auto read = parse_funasr_hot_words(name, words->get_string());
    if (auto* error = std::get_if<ProtocolError>(&read)) {
      reader.problems().report(std::move(*error));
    } else {
      message.hot_words = std::move(std::get<std::vector<std::string>>(read));
    }
  }
  if (const json::value* itn = reader.find("itn")) message.writes_numbers = read_itn(*itn);
  message.is_speaking = reader.boolean("is_speaking");
  message.wants_acknowledgement = reader.boolean("is_end").value_or(false);
}

}  // namespace

std::variant<FunasrMessage, ProtocolError> parse_funasr_message(std::string_view frame) {
  return parse_object<FunasrMessage>(frame, read_message);
}

std::string to_json(const FunasrResult& result) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("mode", mode_name(result.mode, result.pass));
  json.field("text", result.text);
  json.field("wav_name", result.wav_name);
  json.field("is_final", result.is_final);
  if (result.words != nullptr && !result.words->empty()) {
    write_timestamp(json, *result.words);
    write_sentences(json, *result.words);
  }
  if (!result.speaker.empty()) json.field("spk_name", result.speaker);
  json.end_object();
  return out;
}

std::string funasr_acknowledgement(std::string_view wav_name) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("wav_name", wav_name);
  json.field("is_end", true);
  json.field("is_final", true);
  json.end_object();
  return out;
}

std::string funasr_error(std::string_view wav_name, std::string_view message) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("text", "ERROR. " + std::string(message));
  json.field("wav_name", wav_name);
  json.field("is_end", true);
  json.field("is_final", false);
  json.field("error", message);
  json.end_object();
  return out;
}

}  // namespace parley::protocol
