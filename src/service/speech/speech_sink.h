// SPDX-License-Identifier: Apache-2.0
//
// Where a stream's speech goes. An interface (a route of the server, a gRPC call, a test)
// implements it; it encodes and sends.
//
// Threads: the stream's strand, and never after SpeechStream::cancel() or the stream's destructor
// has returned on another thread. Must return at once. It must not call the stream, except
// `resume`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "media/buffer_pool.h"
#include "media/media_time.h"
#include "media/spoken_form.h"
#include "media/word_time.h"

namespace parley::service {

/// A stretch of the text, told before its first audio; after its last by a voice that does not know
/// before how long it will be.
struct SpeechChunk {
  std::uint64_t index = 0;                          // counts from 0 in a stream
  media::MediaTime begin;                           // of its audio, from the stream's first sample
  std::string written;                              // as it came
  std::shared_ptr<const media::SpokenForm> spoken;  // as it is said
  std::vector<media::WordTime> words;     // of the spoken form, from `begin`; may be empty
  std::vector<media::WordTime> phonemes;  // one IPA symbol each, likewise
};

/// Audio, gapless: each begins where the one before it ended.
struct SpeechAudio {
  std::uint64_t chunk = 0;   // the SpeechChunk that it belongs to
  media::MediaTime begin;    // from the stream's first sample
  media::BufferRef samples;  // float32, mono
  int rate = 0;              // Hz
};

struct SpeechTotals {
  std::uint64_t characters = 0;  // Unicode code points that came
  media::MediaTime audio;
  int retry_seconds = 0;  // when to come again, after resource_exhausted
};

enum class SpeechFlow : std::uint8_t { more, wait };

class SpeechSink {
 public:
  virtual ~SpeechSink() = default;
  virtual void on_chunk(const SpeechChunk& /*chunk*/) {}
  /// `wait`: nothing more comes, and synthesis stops soon, until SpeechStream::resume().
  [[nodiscard]] virtual SpeechFlow on_audio(SpeechAudio audio) = 0;
  /// Everything before SpeechStream::flush(id) has been given out.
  virtual void on_flushed(std::uint64_t /*id*/) {}
  /// An append was refused as `full`; there is room again.
  virtual void on_room() {}
  /// Once, last. `cancelled` after a cancel.
  virtual void on_end(const Status& status, const SpeechTotals& totals) = 0;
};

}  // namespace parley::service
