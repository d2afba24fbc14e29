// SPDX-License-Identifier: Apache-2.0
#include "protocol/transcription/subtitles.h"

#include <cstdint>
#include <string_view>

namespace parley::protocol {
namespace {

constexpr std::string_view kArrow = "-->";

void append_padded(std::string& out, std::int64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

void append_times(std::string& out, const FileSegment& segment, char point) {
  append_cue_time(out, segment.begin, point);
  out += " --> ";
  const media::MediaTime shortest =
      media::MediaTime::from_ms(whole_ms(segment.begin)) + media::MediaTime::from_ms(1);
  append_cue_time(out, segment.end < shortest ? shortest : segment.end, point);
  out += '\n';
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool is_blank = c == '\n' || c == '\r' || c == ' ';
    if (is_blank && (line.empty() || line.back() == ' ')) continue;
    if (c != '\0') line += is_blank ? ' ' : c;
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

std::string without_arrows(std::string line) {
  for (std::size_t at = line.find(kArrow); at != std::string::npos; at = line.find(kArrow)) {
    line.erase(at, 1);
  }
  return line;
}

/// WebVTT §3.1, cue text: the three characters that mean something else.
std::string escaped(std::string_view line) {
  std::string out;
  for (const char c : line) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string to_srt(const FileTranscript& transcript) {
  std::string out;
  std::size_t number = 0;
  for (const FileSegment& segment : transcript.segments) {
    if (!one_line(segment.text).empty()) append_srt_cue(out, ++number, segment);
  }
  return out;
}

std::string to_vtt(const FileTranscript& transcript) {
  std::string out;
  append_vtt_head(out);
  for (const FileSegment& segment : transcript.segments) {
    if (!one_line(segment.text).empty()) append_vtt_cue(out, segment);
  }
  return out;
}

void append_srt_cue(std::string& out, std::size_t number, const FileSegment& segment) {
  out += std::to_string(number);
  out += '\n';
  append_times(out, segment, ',');
  std::string line = one_line(segment.text);
  if (!segment.speaker.empty()) line.insert(0, one_line(segment.speaker) + ": ");
  out += without_arrows(std::move(line));
  out += "\n\n";
}

void append_vtt_head(std::string& out) { out += "WEBVTT\n\n"; }

void append_vtt_cue(std::string& out, const FileSegment& segment) {
  append_times(out, segment, '.');
  if (!segment.speaker.empty()) {
    out += "<v " + escaped(one_line(segment.speaker));
    if (out.ends_with('-')) out += ' ';  // or the end of the tag would make an arrow of it
    out += '>';
  }
  out += escaped(one_line(segment.text));
  out += "\n\n";
}

void append_cue_time(std::string& out, media::MediaTime time, char point) {
  const std::int64_t ms = whole_ms(time);
  append_padded(out, ms / 3'600'000, 2);
  out += ':';
  append_padded(out, ms / 60'000 % 60, 2);
  out += ':';
  append_padded(out, ms / 1000 % 60, 2);
  out += point;
  append_padded(out, ms % 1000, 3);
}

}  // namespace parley::protocol
