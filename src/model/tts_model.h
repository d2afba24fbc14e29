// SPDX-License-Identifier: Apache-2.0
//
// Speech synthesis of one clause.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "media/buffer_pool.h"
#include "media/word_time.h"
#include "model/call.h"

namespace parley::model {

struct TtsCall : Call {
  std::string text;        // in: one clause or sentence, plain text, UTF-8
  std::string voice;       // in: a voice name; unknown names speak with the default voice
  float speed = 1.0F;      // in: 0.25 to 4; 1 is the voice's own
  std::uint64_t seed = 0;  // in: the same text, voice, speed and seed give the same audio
  media::BufferRef audio;  // out: float32 mono at TtsModel::rate()
  std::vector<media::WordTime> words;  // out: in order, from the start of `audio`; empty when the
                                       // voice does not know
  Status status;                       // out
};

/// Threads: one call at a time per host thread; the model is immutable and shared.
class TtsModel {
 public:
  virtual ~TtsModel() = default;
  /// Fills audio and status. A cancel ends the running inference within about 10 ms.
  virtual void synthesize(TtsCall& call) noexcept = 0;
  [[nodiscard]] virtual int rate() const noexcept = 0;  // Hz
};

class TtsHost {
 public:
  virtual ~TtsHost() = default;
  /// False when the queue is full (counted). Threads: any.
  virtual bool submit(std::shared_ptr<TtsCall> call) noexcept = 0;
  [[nodiscard]] virtual int rate() const noexcept = 0;
};

}  // namespace parley::model
