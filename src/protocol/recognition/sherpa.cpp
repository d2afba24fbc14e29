// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/sherpa.h"

#include <algorithm>

#include "protocol/json_writer.h"
#include "protocol/recognition/stream_rate.h"

namespace parley::protocol {
namespace {

double seconds(media::MediaTime time) {
  return static_cast<double>(std::max<std::int64_t>(time.ms(), 0)) / 1000.0;
}

std::uint32_t number(std::span<const std::byte> bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = sizeof value; i-- > 0;) {
    value = value << 8U | std::to_integer<std::uint32_t>(bytes[i]);
  }
  return value;
}

void write_empty(JsonWriter& json, std::string_view name) {
  json.key(name).begin_array();
  json.end_array();
}

/// Their tokens bring the space before them.
void write_tokens(JsonWriter& json, const std::vector<media::WordTime>* words) {
  json.key("tokens").begin_array();
  if (words != nullptr) {
    for (std::size_t i = 0; i < words->size(); ++i) {
      const std::string& word = (*words)[i].text;
      json.value(i == 0 ? std::string_view(word) : std::string_view(' ' + word));
    }
  }
  json.end_array();
}

void write_timestamps(JsonWriter& json, const std::vector<media::WordTime>* words,
                      media::MediaTime begin) {
  json.key("timestamps").begin_array();
  if (words != nullptr) {
    for (const media::WordTime& word : *words) json.value(seconds(word.begin - begin));
  }
  json.end_array();
}

}  // namespace

std::string to_json(const SherpaSegment& segment) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("text", segment.text);
  write_tokens(json, segment.words);
  write_timestamps(json, segment.words, segment.begin);
  for (const char* name : {"ys_probs", "lm_probs", "context_scores"}) write_empty(json, name);
  json.field("segment", segment.segment);
  write_empty(json, "words");
  json.field("start_time", seconds(segment.begin));
  json.field("is_final", segment.is_final);
  json.field("is_eof", segment.is_last);
  json.end_object();
  return out;
}

std::variant<SherpaHead, ProtocolError> parse_sherpa_head(std::span<const std::byte> message) {
  if (message.size() < kSherpaHeadBytes) return invalid_value("bytes", "Payload is too short");
  SherpaHead head;
  const std::uint32_t rate = number(message.first(4));
  head.bytes = number(message.subspan(4, 4));
  if (rate > 1'000'000 || !is_stream_rate(static_cast<int>(rate))) {
    return invalid_value("rate", std::to_string(rate) + " Hz is not " + kStreamRates);
  }
  head.rate = static_cast<int>(rate);
  if (head.bytes % sizeof(float) != 0) {
    return invalid_value("bytes", std::to_string(head.bytes) + " bytes are no float32 samples");
  }
  const std::size_t bytes_max = std::size_t{rate} * sizeof(float) * kSherpaRecordingSecondsMax;
  if (head.bytes > bytes_max) {
    return invalid_value("bytes", "a recording may last " +
                                      std::to_string(kSherpaRecordingSecondsMax) + " s at most");
  }
  return head;
}

std::string sherpa_recording_json(std::string_view text, const SherpaLabels& labels,
                                  const std::vector<media::WordTime>& words) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("lang", labels.language);
  json.field("emotion", labels.emotion);
  json.field("event", labels.event);
  json.field("text", text);
  write_timestamps(json, &words, media::MediaTime{});
  json.key("durations").begin_array();
  for (const media::WordTime& word : words) json.value(seconds(word.end - word.begin));
  json.end_array();
  write_tokens(json, &words);
  write_empty(json, "ys_log_probs");
  write_empty(json, "words");
  json.end_object();
  return out;
}

}  // namespace parley::protocol
