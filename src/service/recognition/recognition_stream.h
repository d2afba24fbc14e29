// SPDX-License-Identifier: Apache-2.0
//
// Audio in, words out, while it is being spoken. One strand owns it: a pipeline (audio → speech →
// utterances → words, see recognition_pipeline.h).
//
//   PARLEY_TRY(auto stream, service.open(request, sink));
//   stream->append(bytes);                   // as it comes from a microphone
//   stream->finish();                        // sink: on_partial …, on_final …, on_end
//
// Threads: any, one producer at a time. Never blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "media/buffer_pool.h"
#include "service/append_result.h"

namespace parley::service {

class RecognitionStream {
 public:
  class Core;
  explicit RecognitionStream(std::unique_ptr<Core> core);
  /// Cancels, unless it has ended.
  ~RecognitionStream();
  RecognitionStream(const RecognitionStream&) = delete;
  RecognitionStream& operator=(const RecognitionStream&) = delete;

  /// Audio that waits to be heard: past this `append` is refused. 32 s of s16 at 16 kHz.
  static constexpr std::size_t kAudioWaitingBytesMax = 1U << 20U;

  /// In the request's codec and rate; a sample may be cut between two calls. On `full` nothing was
  /// taken and the sink hears `on_room` later.
  [[nodiscard]] AppendResult append(media::BufferRef bytes);
  /// An utterance that is open ends here, whoever still speaks; the sink hears `on_flushed(id)`
  /// when everything so far has its final. What is appended after it belongs to the next one.
  void flush(std::uint64_t id);
  /// No more audio follows; what has come is recognised.
  void finish();
  /// The sink hears nothing more but, if it has not, `on_end` with `cancelled`.
  void cancel();

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace parley::service
