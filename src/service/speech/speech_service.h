// SPDX-License-Identifier: Apache-2.0
//
// Opens streams of speech, as many as the machine can speak in time. One per process; outlives its
// streams. Threads: any.
#pragma once

#include <cstddef>
#include <memory>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/runnable.h"
#include "exec/timer.h"
#include "graph/tap.h"
#include "media/buffer_pool.h"
#include "model/tts_model.h"
#include "service/speech/speech_request.h"
#include "service/speech/speech_sink.h"
#include "service/speech/speech_stream.h"
#include "text/lexicon.h"

namespace parley::service {

/// What streams stand on; all of it outlives the service.
struct SpeechContext {
  const Clock& clock;
  exec::TimerService& timers;
  exec::Executor& executor;
  media::BufferPool& buffers;
  Metrics& metrics;
  model::TtsHost& tts;
  const text::Lexicon* lexicon = nullptr;  // the user's own words
  graph::Tap* tap = nullptr;
};

struct SpeechOptions {
  std::size_t streams_max = 1000;  // at once; further ones are refused
  /// A text that nobody has spoken before is refused, too, while the voice has more waiting than it
  /// can speak in this time: who came in shall be heard soon. Its stream ends with
  /// resource_exhausted before any audio.
  Millis backlog_max{300};
  /// The same text, voice and speed sound the same in every stream, so that they can be shared.
  std::uint64_t seed = 0;
  bool any_seed = false;  // audio that a cache has of another seed will do
};

/// How long one who is refused should wait until what waits now has been spoken: 1 to 30 s.
[[nodiscard]] int retry_seconds(Nanos backlog) noexcept;

class SpeechService {
 public:
  SpeechService(const SpeechContext& context, SpeechOptions options);
  ~SpeechService();

  /// Errors: resource_exhausted (there are as many streams as may be; the message says when to come
  /// again, and `retry_seconds` too), unavailable while draining, invalid_argument naming the
  /// field.
  Result<std::unique_ptr<SpeechStream>> open(SpeechRequest request,
                                             std::shared_ptr<SpeechSink> sink);
  /// How long one who was refused should wait.
  [[nodiscard]] int retry_seconds() const noexcept;
  [[nodiscard]] int voice_rate() const noexcept;  // Hz
  /// What its streams stand on: whoever serves them stands there, too.
  [[nodiscard]] const SpeechContext& context() const noexcept;
  [[nodiscard]] std::size_t streams() const noexcept;
  /// No more streams; those that are there end when they have been spoken.
  void drain();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::service
