// SPDX-License-Identifier: Apache-2.0
//
// When the characters of a stream are heard, given out with the audio that they begin in. What an
// encoder holds back is told with the bytes that it comes with.
//
// Chunks are told without the space between them; here it is a character again, where the writing
// has spaces, so that characters spell the text.
//
// Threads: one owner.
#pragma once

#include "protocol/speech/alignment.h"
#include "protocol/speech/eleven_labs_answer.h"
#include "service/speech/speech_sink.h"

namespace parley::server {

class ElevenLabsTimes {
 public:
  void add(const service::SpeechChunk& chunk);

  struct Piece {
    protocol::ElevenLabsAlignments alignments;  // times from the stream's first sample
    media::MediaTime begin;                     // of the audio, likewise
    [[nodiscard]] bool has_text() const {
      return !alignments.written.empty() || !alignments.spoken.empty();
    }
  };
  /// Of audio that is heard from where the one before it ended until `end`.
  [[nodiscard]] Piece take_before(media::MediaTime end);
  /// What nobody has heard of yet.
  [[nodiscard]] Piece take_rest();

 private:
  void add_space(media::MediaTime until, char32_t before_next);

  protocol::Alignment written_;
  protocol::Alignment spoken_;
  char32_t last_ = 0;       // the last character of the chunk before; 0: there is none
  media::MediaTime heard_;  // when the last character of all ends
  media::MediaTime told_;   // the end of the audio that was given out
};

}  // namespace parley::server
