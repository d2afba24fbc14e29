// SPDX-License-Identifier: Apache-2.0
//
// An utterance as pieces that fit under a picture: cut behind the words that end sentences, and
// where a sentence is long.
//
// Threads: any (pure).
#pragma once

#include <vector>

#include "media/media_time.h"
#include "protocol/transcription/file_transcript.h"
#include "service/recognition/recognition_sink.h"

namespace parley::service {

/// No piece that has a comma, and none of more than one word at all, is much longer.
inline constexpr media::MediaTime kSegmentMax = media::MediaTime::from_ms(12'000);

/// One segment where the words' times are not known, or where the words with spaces between them
/// are not the text; none where there is no text. `avg_logprob` is the utterance's.
[[nodiscard]] std::vector<protocol::FileSegment> spoken_segments(const RecognizedText& utterance);

}  // namespace parley::service
