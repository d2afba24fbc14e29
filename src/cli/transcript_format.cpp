// SPDX-License-Identifier: Apache-2.0
#include "cli/transcript_format.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "protocol/json_writer.h"
#include "protocol/transcription/subtitles.h"
#include "service/recognition/spoken_segments.h"

namespace parley::cli {
namespace {

double seconds(media::MediaTime time) {
  return static_cast<double>(time.flicks) / static_cast<double>(media::MediaTime::kPerSecond);
}

/// One line stays one line, two columns two.
std::string one_line(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return text;
}

void append_segment(protocol::JsonWriter& json, const service::RecognizedText& one) {
  json.begin_object();
  json.field("start", seconds(one.begin));
  json.field("end", seconds(one.end));
  json.field("text", one.text);
  json.key("words").begin_array();
  for (const media::WordTime& word : one.words) {
    json.begin_object();
    json.field("text", word.text);
    json.field("start", seconds(word.begin));
    json.field("end", seconds(word.end));
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

std::string json_line(const std::string& file, const HeardRecording& heard) {
  const auto knows = [](const service::RecognizedText& one) { return !one.language.empty(); };
  const auto known = std::ranges::find_if(heard.utterances, knows);
  std::string line;
  protocol::JsonWriter json(line);
  json.begin_object();
  json.field("file", file);
  json.field("text", joined_text(heard.utterances));
  json.field("seconds", seconds(heard.length));
  if (known != heard.utterances.end()) json.field("language", known->language);
  json.key("segments").begin_array();
  for (const service::RecognizedText& one : heard.utterances) append_segment(json, one);
  json.end_array();
  json.end_object();
  return line;
}

protocol::FileTranscript cues_of(const HeardRecording& heard) {
  protocol::FileTranscript transcript;
  for (const service::RecognizedText& one : heard.utterances) {
    std::ranges::move(service::spoken_segments(one), std::back_inserter(transcript.segments));
  }
  return transcript;
}

}  // namespace

std::string_view ending_of(TranscriptFormat format) noexcept {
  switch (format) {
    case TranscriptFormat::json:
      return "json";
    case TranscriptFormat::srt:
      return "srt";
    case TranscriptFormat::vtt:
      return "vtt";
    case TranscriptFormat::text:
      break;
  }
  return "txt";
}

std::string written(TranscriptFormat format, const std::string& file, const HeardRecording& heard) {
  switch (format) {
    case TranscriptFormat::json:
      return json_line(file, heard) + '\n';
    case TranscriptFormat::srt:
      return protocol::to_srt(cues_of(heard));
    case TranscriptFormat::vtt:
      return protocol::to_vtt(cues_of(heard));
    case TranscriptFormat::text:
      break;
  }
  return joined_text(heard.utterances) + '\n';
}

std::string listed(TranscriptFormat format, const std::string& file, const HeardRecording& heard) {
  if (format != TranscriptFormat::text) return written(format, file, heard);
  return file + '\t' + one_line(joined_text(heard.utterances)) + '\n';
}

}  // namespace parley::cli
