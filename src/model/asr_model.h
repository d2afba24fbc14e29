// SPDX-License-Identifier: Apache-2.0
//
// Speech recognition of one utterance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "media/word_time.h"
#include "model/call.h"
#include "model/host_load.h"

namespace parley::model {

inline constexpr int kAsrRate = 16'000;

/// Of one request, and of the configuration.
inline constexpr std::size_t kHotWordsMax = 500;
/// Of one of them, in bytes.
inline constexpr std::size_t kHotWordBytesMax = 256;

/// What may be said, as far as somebody knows. Threads: immutable once shared.
struct AsrHints {
  std::vector<std::string> hot_words{};  // names and terms; at most kHotWordsMax
  std::string prompt{};                  // text that goes before, or is like it; may be empty
  double temperature = 0.0;              // 0: always the likeliest; a model may have no other way
};
/// Shared by all calls of a session; may be null.
using AsrHintsRef = std::shared_ptr<const AsrHints>;

struct AsrCall : Call {
  std::vector<float> audio;  // in: mono, 16 kHz, [-1, 1]; at most AsrModel::samples_max()
  std::string language;      // in: ISO 639-1, or empty: the model's own, or the one that it finds
  bool translate = false;    // in: to English, where the model can
  bool is_optional = false;  // in: a partial: nobody needs it if others wait
  std::uint64_t owner = 0;   // in: whose it is: the recogniser is shared fairly between owners
  AsrHintsRef hints;         // in
  std::string text;          // out: trimmed, with punctuation as the model gives it; may be empty
  std::string detected_language;  // out: ISO 639-1, of the speech; empty: the model does not tell
  std::string emotion;            // out: of the speaker, in the model's words: "HAPPY"; likewise
  std::string event;              // out: what is heard, likewise: "Speech", "Laughter"
  std::vector<media::WordTime> words;     // out: from the start of `audio`; empty when not known
  std::vector<media::TokenScore> tokens;  // out: the pieces of `text`; likewise
  // in: what the last optional call made of less of the same utterance, or empty: a model may check
  // it instead of making it again; out: this call's. In the model's own tokens.
  std::vector<std::int64_t> hypothesis;
  Status status;  // out
};

class StreamingAsrModel;

/// Threads: one call at a time per host thread; the model is immutable and shared.
class AsrModel {
 public:
  virtual ~AsrModel() = default;
  /// Fills text and status. Looks at `call.cancelled()` between decoding steps.
  virtual void transcribe(AsrCall& call) noexcept = 0;
  [[nodiscard]] virtual std::size_t samples_max() const noexcept = 0;
  /// The same model for those who hear an utterance piece by piece; null: it cannot be had so.
  [[nodiscard]] virtual StreamingAsrModel* streaming() noexcept { return nullptr; }
};

class AsrHost {
 public:
  virtual ~AsrHost() = default;
  /// False when the queue is full (counted). Threads: any.
  virtual bool submit(std::shared_ptr<AsrCall> call) noexcept = 0;
  [[nodiscard]] virtual std::size_t samples_max() const noexcept = 0;
  /// Nothing: it does not tell.
  [[nodiscard]] virtual HostLoad load() const noexcept { return {}; }
  /// How often optional calls are made where `wanted` is asked for; 0: never, as if it were 0. Each
  /// may cost money elsewhere. Threads: any, as what follows.
  [[nodiscard]] virtual Millis optional_interval(Millis wanted) const noexcept { return wanted; }
  /// Calls are made on the chance that they are wanted.
  [[nodiscard]] virtual bool takes_early_calls() const noexcept { return true; }
};

}  // namespace parley::model
