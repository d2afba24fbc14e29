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

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/strand.h"
#include "exec/timer.h"
#include "graph/tap.h"
#include "media/buffer_pool.h"
#include "model/asr_model.h"
#include "model/known_speakers.h"
#include "model/speaker_model.h"
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
};

/// How long one who is refused should wait: a place is free as soon as somebody has said what he
/// had to say.
inline constexpr int kRecognitionRetrySeconds = 2;

struct RecognitionOptions {
  std::size_t streams_max = 1000;  // at once; further ones are refused
};

class RecognitionService {
 public:
  RecognitionService(const RecognitionContext& context, RecognitionOptions options);
  ~RecognitionService();

  /// Errors: resource_exhausted (there are as many streams as may be), unavailable while draining,
  /// invalid_argument naming the field.
  Result<std::unique_ptr<RecognitionStream>> open(RecognitionRequest request,
                                                  std::shared_ptr<RecognitionSink> sink);
  [[nodiscard]] const RecognitionContext& context() const noexcept;
  [[nodiscard]] std::size_t streams() const noexcept;
  /// No more streams; those that are there end with `unavailable` as soon as the words of what has
  /// come are told.
  void drain();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::service
