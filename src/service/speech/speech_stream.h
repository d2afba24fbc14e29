// SPDX-License-Identifier: Apache-2.0
//
// Text in, speech out, while both are still being made. One strand owns it: a pipeline (text →
// clauses → voice → rate, see speech_pipeline.h) and the pace at which its sink takes audio.
//
//   PARLEY_TRY(auto stream, service.open(request, sink));
//   stream->append("Good morning, ");        // as a language model writes it
//   stream->append("how are you?");
//   stream->finish();                        // sink: on_chunk, on_audio …, on_end
//
// Threads: any, one producer at a time. Never blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "service/append_result.h"

namespace parley::service {

class SpeechStream {
 public:
  class Core;
  explicit SpeechStream(std::unique_ptr<Core> core);
  /// Cancels, unless it has ended.
  ~SpeechStream();
  SpeechStream(const SpeechStream&) = delete;
  SpeechStream& operator=(const SpeechStream&) = delete;

  /// Text that waits to be spoken: past this `append` is refused. The limit `tts.text_waiting`.
  static constexpr std::size_t kTextWaitingBytesMax = 64U << 10U;
  /// One append at most: a longer text is handed over in pieces, and `on_room` tells when.
  static constexpr std::size_t kAppendBytesMax = 16U << 10U;

  /// UTF-8, of which a character may be cut between two calls. On `full` nothing was taken and the
  /// sink hears `on_room` later.
  [[nodiscard]] AppendResult append(std::string text);
  /// What came before is spoken without waiting for more; the sink hears `on_flushed(id)` when it
  /// has been. The text after it begins a new sentence.
  void flush(std::uint64_t id);
  /// No more text follows.
  void finish();
  /// Synthesis stops within a window of it (about 50 ms); the sink hears nothing more but, if it
  /// has not, `on_end` with `cancelled`.
  void cancel();
  /// After SpeechFlow::wait.
  void resume();

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace parley::service
