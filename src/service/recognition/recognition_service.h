// SPDX-License-Identifier: Apache-2.0
//
// The recognition service: whatever the interface, audio is heard here. It admits streams and
// counts.
//
//   RecognitionService service(context, {.streams_max = 500});
//   PARLEY_TRY(auto stream, service.open(request, sink));
//
// Threads: any. It must outlive its streams.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/strand.h"
#include "exec/timer.h"
#include "graph/tap.h"
#include "media/buffer_pool.h"
#include "model/asr_model.h"
#include "model/host_load.h"
#include "model/known_speakers.h"
#include "model/speaker_model.h"
#include "model/streaming_asr_model.h"
#include "model/vad_model.h"
#include "service/recognition/recognition_request.h"
#include "service/recognition/recognition_sink.h"
#include "service/recognition/recognition_stream.h"

namespace parley::service {

/// What streams stand on; all of it outlives the service.
struct RecognitionContext {
  const Clock& clock;
  exec::TimerService& timers;
  exec::Executor& executor;
  media::BufferPool& buffers;
  Metrics& metrics;
  model::VadHost& vad;
  model::AsrHost& asr;
  graph::Tap* tap = nullptr;
  model::SpeakerHost* speakers = nullptr;  // null, or the next is: nobody is told apart
  model::KnownSpeakers* known_speakers = nullptr;
  model::StreamingAsrHost* streaming = nullptr;  // null: partials are `asr`'s, too
  bool streams_finals = false;                   // those of people who speak, too; not `asr`'s
};

/// How long one who is refused should wait at least: a place is free as soon as somebody has said
/// what he had to say.
inline constexpr int kRecognitionRetrySeconds = 2;
/// And at most.
inline constexpr int kRecognitionRetrySecondsMax = 30;

struct RecognitionOptions {
  std::size_t streams_max = 1000;  // at once; further ones are refused
  /// One more stream is refused, too, while words that are wanted now would come so much later, or
  /// a window of sound be heard …
  Millis backlog_max{500};
  /// … or while they take more than this share of the recogniser's time, or windows of the
  /// detector's. 1: whatever they take.
  double busy_max = 0.85;
};

/// What the node has to do, as measured.
struct RecognitionLoad {
  std::size_t streams = 0;
  model::HostLoad vad;
  model::HostLoad asr;
};

/// Why one more stream is refused, and when to come again.
struct RecognitionRefusal {
  std::string message;
  int retry_seconds = kRecognitionRetrySeconds;
};

class RecognitionService {
 public:
  RecognitionService(const RecognitionContext& context, RecognitionOptions options);
  ~RecognitionService();

  /// Errors: resource_exhausted (there are as many streams as may be, or there is no time for one
  /// more: `retry_seconds`), unavailable while draining, invalid_argument naming the field.
  Result<std::unique_ptr<RecognitionStream>> open(RecognitionRequest request,
                                                  std::shared_ptr<RecognitionSink> sink);
  [[nodiscard]] const RecognitionContext& context() const noexcept;
  [[nodiscard]] std::size_t streams() const noexcept;
  [[nodiscard]] RecognitionLoad load() const noexcept;
  /// Why `open` would refuse one more stream now; nothing: it would not.
  [[nodiscard]] std::optional<RecognitionRefusal> refusal() const;
  /// The same for one who comes by `face`; a refusal is counted.
  [[nodiscard]] std::optional<RecognitionRefusal> refusal(const std::string& face);
  /// How long one who was refused should wait.
  [[nodiscard]] int retry_seconds() const;
  /// No more streams. Those that are there end with `unavailable` as soon as the sentence that is
  /// being said has ended and its words are told; in its middle, but with its words, after
  /// `patience`.
  void drain(Nanos patience = Nanos::zero());

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::service
