// SPDX-License-Identifier: Apache-2.0
//
// Speech recognition of an utterance while it is being spoken: the model is shared, and what it has
// heard so far goes with the call, as in vad_model.h. A stream keeps one call per utterance:
//
//   call->audio = what has come since;        call->begin(waker, deadline);   host.submit(call);
//   … call->text: of all so far …
//   call->is_last = true; …                   … call->text: of all of it, call->words
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "media/word_time.h"
#include "model/asr_model.h"
#include "model/call.h"

namespace parley::model {

/// What a model keeps of one utterance; the model knows its type.
class AsrMemory {
 public:
  virtual ~AsrMemory() = default;
};

struct AsrStreamCall final : Call {
  std::vector<float> audio;            // in: what follows the last call's; mono, kAsrRate, [-1, 1]
  bool is_last = false;                // in: the utterance ends with it
  AsrHintsRef hints;                   // in, of the first: what may be said
  std::unique_ptr<AsrMemory> memory;   // in, out; null before the first call and after the last
  std::string text;                    // out: of all that was heard, trimmed; may be empty
  std::string language;                // out: ISO 639-1; empty: the model does not tell
  std::vector<media::WordTime> words;  // out, of the last: from the utterance's start; or empty
  std::vector<media::TokenScore> tokens;  // out, of the last: the pieces of `text`; or empty
  Status status;                          // out; after an error the utterance is lost
};

/// Threads: any, several at once with batches of their own; the model is immutable.
class StreamingAsrModel {
 public:
  virtual ~StreamingAsrModel() = default;
  /// Runs all calls, each of another utterance, as one batch; fills what is out of each.
  virtual void hear(std::span<AsrStreamCall* const> batch) noexcept = 0;
  [[nodiscard]] virtual std::size_t batch_max() const noexcept { return 16; }
  /// ISO 639-1 of its only one; empty: it knows several, or does not tell.
  [[nodiscard]] virtual std::string language() const { return {}; }
};

class StreamingAsrHost {
 public:
  virtual ~StreamingAsrHost() = default;
  /// False when the queue is full (counted); the call is then not in flight. Threads: any.
  virtual bool submit(std::shared_ptr<AsrStreamCall> call) noexcept = 0;
  [[nodiscard]] virtual std::string language() const = 0;
};

}  // namespace parley::model
