// SPDX-License-Identifier: Apache-2.0
//
// Where a stream's words go. An interface (a socket, a gRPC call, a test) implements it; it writes
// its protocol and sends.
//
// Threads: the stream's strand, and never after the stream's destructor has returned on another
// thread. Must return at once, and must not call the stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "media/media_time.h"
#include "media/word_time.h"

namespace parley::service {

/// One utterance, or what is known of it. Times count from the stream's first sample.
struct RecognizedText {
  std::uint64_t utterance = 0;              // counts from 1 in a stream
  media::MediaTime begin;                   // partial: of its audio; final: of its speech
  media::MediaTime end;                     // partial: heard so far; final: end of its speech
  std::string text;                         // final: may be empty: speech, but no words
  std::size_t stable_bytes = 0;             // partial: bytes of `text` that stay
  std::string speaker = {};                 // final: an enrolled one's name; empty: nobody known
  std::string language = {};                // ISO 639-1; empty: not known
  std::string emotion = {};                 // final: in the model's words: "HAPPY"; empty: likewise
  std::string event = {};                   // final: "Speech", "Laughter"; likewise
  std::vector<media::WordTime> words{};     // final: from the stream's first sample; may be empty
  std::vector<media::TokenScore> tokens{};  // final: likewise may be empty
};

struct RecognitionTotals {
  media::MediaTime audio;  // that came
  std::uint64_t utterances = 0;
  int retry_seconds = 0;  // when to come again, after resource_exhausted
};

class RecognitionSink {
 public:
  virtual ~RecognitionSink() = default;
  virtual void on_speech_started(std::uint64_t /*utterance*/, media::MediaTime /*begin*/) {}
  virtual void on_partial(const RecognizedText& /*partial*/) {}
  virtual void on_final(const RecognizedText& final) = 0;
  /// An utterance could not be recognised, or a window not be judged; the stream goes on.
  virtual void on_trouble(const Error& /*error*/) {}
  /// All finals of what came before RecognitionStream::flush(id) have been told.
  virtual void on_flushed(std::uint64_t /*id*/, const RecognitionTotals& /*totals*/) {}
  /// An append was refused as `full`; there is room again.
  virtual void on_room() {}
  /// Once, last. `cancelled` after a cancel.
  virtual void on_end(const Status& status, const RecognitionTotals& totals) = 0;
};

}  // namespace parley::service
