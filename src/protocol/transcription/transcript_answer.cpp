// SPDX-License-Identifier: Apache-2.0
#include "protocol/transcription/transcript_answer.h"

#include <cmath>

#include "protocol/json_writer.h"
#include "protocol/transcription/language_name.h"
#include "protocol/transcription/subtitles.h"

namespace parley::protocol {
namespace {

constexpr std::string_view kSegmentType = "transcript.text.segment";

void write_logprobs(JsonWriter& json, std::span<const media::TokenScore> logprobs) {
  if (logprobs.empty()) return;
  json.key("logprobs").begin_array();
  for (const media::TokenScore& one : logprobs) {
    json.begin_object();
    json.field("token", one.text);
    json.field("logprob", one.logprob);
    json.key("bytes").begin_array();
    for (const char byte : one.text) json.value(static_cast<unsigned char>(byte));
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

/// Whole seconds, rounded up, as OpenAI bills them.
void write_usage(JsonWriter& json, media::MediaTime duration) {
  json.key("usage").begin_object();
  json.field("type", "duration");
  json.field("seconds", static_cast<std::int64_t>(std::ceil(seconds_of(duration))));
  json.end_object();
}

void write_verbose_segment(JsonWriter& json, const FileSegment& segment, std::size_t id,
                           double temperature) {
  json.begin_object();
  json.field("id", id);
  // Whisper's is the window of 10 ms frames that a segment was found in; ours begins with it.
  json.field("seek", whole_ms(segment.begin) / 10);
  json.field("start", seconds_of(segment.begin));
  json.field("end", seconds_of(segment.end));
  json.field("text", segment.text);
  json.key("tokens").begin_array();
  for (const std::int32_t token : segment.tokens) json.value(token);
  json.end_array();
  json.field("temperature", temperature);
  json.field("avg_logprob", segment.avg_logprob);
  json.field("compression_ratio", segment.compression_ratio);
  json.field("no_speech_prob", segment.no_speech_prob);
  json.end_object();
}

void write_words(JsonWriter& json, const FileTranscript& transcript) {
  json.key("words").begin_array();
  for (const FileSegment& segment : transcript.segments) {
    for (const media::WordTime& word : segment.words) {
      json.begin_object();
      json.field("word", word.text);
      json.field("start", seconds_of(word.begin));
      json.field("end", seconds_of(word.end));
      json.end_object();
    }
  }
  json.end_array();
}

void write_diarized_segment(JsonWriter& json, const FileSegment& segment, std::size_t index) {
  json.begin_object();
  json.field("type", kSegmentType);
  json.field("id", segment_id(index));
  json.field("start", seconds_of(segment.begin));
  json.field("end", seconds_of(segment.end));
  json.field("text", segment.text);
  json.field("speaker", segment.speaker.empty() ? kUnknownSpeaker : segment.speaker);
  json.end_object();
}

std::string_view language_shown(const FileTranscript& transcript, bool translate) {
  if (translate) return "english";
  return transcript.language.empty() ? "unknown" : language_name(transcript.language);
}

/// One server-sent event of that type; `write` adds the other members.
template <typename Write>
void append_event(std::string& out, std::string_view type, Write write) {
  out += "data: ";
  JsonWriter json(out);
  json.begin_object();
  json.field("type", type);
  write(json);
  json.end_object();
  out += "\n\n";
}

}  // namespace

std::string transcript_body(const FileTranscript& transcript, const TranscriptionOrder& order) {
  switch (order.format) {
    case TranscriptFormat::text:
      return transcript_text(transcript);
    case TranscriptFormat::srt:
      return to_srt(transcript);
    case TranscriptFormat::vtt:
      return to_vtt(transcript);
    case TranscriptFormat::verbose_json:
      return transcript_verbose_json(transcript, {.segments = order.segments,
                                                  .words = order.words,
                                                  .translate = order.translate,
                                                  .temperature = order.temperature});
    case TranscriptFormat::diarized_json:
      return transcript_diarized_json(transcript);
    case TranscriptFormat::json:
      break;
  }
  return transcript_json(transcript, order.translate);
}

std::string transcript_json(const FileTranscript& transcript, bool translate) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("text", transcript.text);
  if (!translate) {
    write_logprobs(json, transcript.logprobs);
    write_usage(json, transcript.duration);
  }
  json.end_object();
  return out;
}

std::string transcript_text(const FileTranscript& transcript) { return transcript.text + '\n'; }

std::string transcript_verbose_json(const FileTranscript& transcript, const VerboseParts& parts) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("task", parts.translate ? "translate" : "transcribe");
  json.field("language", language_shown(transcript, parts.translate));
  json.field("duration", seconds_of(transcript.duration));
  json.field("text", transcript.text);
  if (parts.words) write_words(json, transcript);
  if (parts.segments) {
    json.key("segments").begin_array();
    for (std::size_t i = 0; i < transcript.segments.size(); ++i) {
      write_verbose_segment(json, transcript.segments[i], i, parts.temperature);
    }
    json.end_array();
  }
  if (!parts.translate) write_usage(json, transcript.duration);
  json.end_object();
  return out;
}

std::string transcript_diarized_json(const FileTranscript& transcript) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("task", "transcribe");
  json.field("duration", seconds_of(transcript.duration));
  json.field("text", transcript.text);
  json.key("segments").begin_array();
  for (std::size_t i = 0; i < transcript.segments.size(); ++i) {
    write_diarized_segment(json, transcript.segments[i], i);
  }
  json.end_array();
  write_usage(json, transcript.duration);
  json.end_object();
  return out;
}

void append_transcript_delta(std::string& out, std::string_view delta,
                             std::span<const media::TokenScore> logprobs,
                             std::string_view segment_id) {
  append_event(out, "transcript.text.delta", [&](JsonWriter& json) {
    json.field("delta", delta);
    write_logprobs(json, logprobs);
    if (!segment_id.empty()) json.field("segment_id", segment_id);
  });
}

void append_transcript_segment(std::string& out, const FileSegment& segment, std::size_t index) {
  out += "data: ";
  JsonWriter json(out);
  write_diarized_segment(json, segment, index);
  out += "\n\n";
}

void append_transcript_done(std::string& out, std::string_view text,
                            std::span<const media::TokenScore> logprobs,
                            const std::optional<TranscriptTokens>& usage) {
  append_event(out, "transcript.text.done", [&](JsonWriter& json) {
    json.field("text", text);
    write_logprobs(json, logprobs);
    if (!usage) return;
    json.key("usage").begin_object();
    json.field("type", "tokens");
    json.field("input_tokens", usage->audio + usage->text);
    json.key("input_token_details").begin_object();
    json.field("text_tokens", usage->text);
    json.field("audio_tokens", usage->audio);
    json.end_object();
    json.field("output_tokens", usage->output);
    json.field("total_tokens", usage->audio + usage->text + usage->output);
    json.end_object();
  });
}

std::string segment_id(std::size_t index) {
  std::string number = std::to_string(index + 1);
  if (number.size() < 3) number.insert(0, 3 - number.size(), '0');
  return "seg_" + number;
}

}  // namespace parley::protocol
