// SPDX-License-Identifier: Apache-2.0
#include "cli/transcribe.h"

#include <algorithm>
#include <span>

#include "backend/ffmpeg/ffmpeg_audio.h"
#include "cli/cli.h"
#include "cli/hear_recording.h"
#include "codec/audio_file.h"
#include "model/asr_model.h"
#include "protocol/json_writer.h"
#include "protocol/transcription/subtitles.h"

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

std::string json_line(const std::string& file, double length,
                      std::span<const HeardUtterance> utterances) {
  std::string line;
  protocol::JsonWriter json(line);
  json.begin_object();
  json.field("file", file);
  json.field("text", joined_text(utterances));
  json.field("seconds", length);
  json.key("segments").begin_array();
  for (const HeardUtterance& one : utterances) {
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
  json.end_array();
  json.end_object();
  return line;
}

protocol::FileTranscript transcript_of(std::span<const HeardUtterance> utterances) {
  protocol::FileTranscript transcript;
  for (const HeardUtterance& one : utterances) {
    transcript.segments.push_back(
        {.begin = one.begin, .end = one.end, .text = one.text, .words = one.words});
  }
  return transcript;
}

std::string shown(TranscribeFormat format, const std::string& file, double length,
                  std::span<const HeardUtterance> utterances) {
  switch (format) {
    case TranscribeFormat::json:
      return json_line(file, length, utterances) + '\n';
    case TranscribeFormat::srt:
      return protocol::to_srt(transcript_of(utterances));
    case TranscribeFormat::vtt:
      return protocol::to_vtt(transcript_of(utterances));
    case TranscribeFormat::text:
      break;
  }
  return file + '\t' + one_line(joined_text(utterances)) + '\n';
}

Result<codec::AudioClip> read_recording(const std::string& file, const std::string& ffmpeg) {
  PARLEY_TRY(const auto source,
             backend::open_any_audio_file(file, {.rate = model::kAsrRate}, ffmpeg));
  return codec::read_all(*source);
}

}  // namespace

int transcribe_files(const agent::ListeningContext& context, exec::Executor& executor,
                     const agent::AgentSettings& settings, const TranscribeOptions& options,
                     std::ostream& out, std::ostream& err) {
  int status = kDone;
  const std::string ffmpeg = backend::find_ffmpeg().value_or("");
  const auto fail = [&](const Error& error) {
    err << "parley transcribe: " << error.message << '\n';
    status = kFailed;
  };
  for (const std::string& file : options.files) {
    const auto clip = read_recording(file, ffmpeg);
    if (!clip) {
      fail(clip.error());
      continue;
    }
    const auto heard = hear_recording(context, executor, settings, clip->samples);
    if (!heard) {
      fail(heard.error().with_context(file));
      continue;
    }
    out << shown(options.format, file, clip->seconds(), *heard);
    out.flush();
  }
  return status;
}

}  // namespace parley::cli
