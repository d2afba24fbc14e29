// SPDX-License-Identifier: Apache-2.0
//
// What a whole recording says, in the shape that every answer about a file is written from.
//
// Threads: value types.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media/media_time.h"
#include "media/word_time.h"

namespace parley::protocol {

/// Whose a segment is said to be when its speaker is not known.
inline constexpr std::string_view kUnknownSpeaker = "A";

struct FileSegment {
  media::MediaTime begin;  // on the recording's own time, as all times here
  media::MediaTime end;
  std::string text;                         // UTF-8
  std::string speaker = {};                 // empty: nobody asked, or nobody knows
  std::vector<media::WordTime> words = {};  // may be empty
  double avg_logprob = 0.0;                 // of its tokens, natural, at most 0
  double no_speech_prob = 0.0;              // 0 to 1
  double compression_ratio = 1.0;           // of its text; above 2.4 Whisper calls it a repetition
  std::vector<std::int32_t> tokens = {};    // the model's own, where it has them
};

struct FileTranscript {
  std::string language = {};  // ISO 639-1: "en"; empty: not known
  media::MediaTime duration = {};
  std::string text = {};                         // of all of it
  std::vector<FileSegment> segments = {};        // in order
  std::vector<media::TokenScore> logprobs = {};  // of all of it, where they were asked for
};

/// The texts of segments as one. Between two there is a space, unless both sides of the seam are in
/// a script that has none between sentences (Han, kana, Thai, Lao, Khmer, Myanmar).
[[nodiscard]] std::string joined_text(std::span<const FileSegment> segments);

/// To the nearest millisecond, which is what all formats can say; not below 0.
[[nodiscard]] std::int64_t whole_ms(media::MediaTime time) noexcept;
/// The same in seconds: 3.32.
[[nodiscard]] double seconds_of(media::MediaTime time) noexcept;

}  // namespace parley::protocol
