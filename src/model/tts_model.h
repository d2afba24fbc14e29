// SPDX-License-Identifier: Apache-2.0
//
// Speech synthesis of one clause or sentence, in steps.
//
// A model makes a call's audio step by step and the host may run steps of other calls in between:
// whoever waits for a first sound need not wait for another's last. Callers that stream take the
// parts as they come; the others get all of it in `audio` at the end.
//
//   call->stream = true;
//   call->begin(strand->waker(), wanted_at);
//   if (!host.submit(call)) … the queue is full …
//   on each wake:
//     const bool is_done = call->done();            // first: parts come before it
//     while (auto part = call->parts.try_pop()) …   // words and phonemes are in place by now
//     if (is_done && !call->status) …               // what came before the error stays good
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "exec/spsc_ring.h"
#include "media/buffer_pool.h"
#include "media/word_time.h"
#include "model/call.h"

namespace parley::model {

/// The most parts of a call: a model makes its parts as long as that needs. The ring thus holds all
/// of them, and a caller that is slow stops no model; how far it lets voices run ahead it says by
/// what it submits.
inline constexpr std::size_t kTtsPartsMax = 32;

/// `bulk`: nobody waits for it (a book that is read to a file, a cache that is filled).
enum class TtsQos : std::uint8_t { interactive, bulk };

/// What a model keeps of a call between two steps.
class TtsState {
 public:
  TtsState() = default;
  virtual ~TtsState() = default;
  TtsState(const TtsState&) = delete;
  TtsState& operator=(const TtsState&) = delete;
};

struct TtsCall : Call {
  std::string text;        // in: one clause or sentence, plain text, UTF-8; `[[…]]` holds IPA
  std::string voice;       // in: a voice name; unknown names speak with the default voice
  float speed = 1.0F;      // in: 0.25 to 4; 1 is the voice's own
  std::uint64_t seed = 0;  // in: the same text, voice, speed and seed give the same audio
  bool any_seed = false;   // in: audio that was made with another seed will do
  bool stream = false;     // in: parts as they come; else `audio` at the end
  TtsQos qos = TtsQos::interactive;  // in
  std::uint64_t owner = 0;           // in: whose it is; the host is fair between owners
  /// In: where a call that is wanted now would wait longer than this, it fails at once with
  /// resource_exhausted: its caller would rather be told to come again.
  Nanos backlog_max = Nanos::max();

  /// Somebody else wants the same audio, perhaps sooner: from now on the call is as urgent as the
  /// more urgent of both. Threads: any, from submit on.
  void hurry(TtsQos by_qos, Instant by_deadline) noexcept {
    if (by_qos == TtsQos::interactive) is_hurried_.store(true, std::memory_order_relaxed);
    Nanos::rep earliest = earliest_.load(std::memory_order_relaxed);
    const Nanos::rep wanted = by_deadline.since_zero.count();
    while (wanted < earliest && !earliest_.compare_exchange_weak(earliest, wanted)) continue;
  }
  /// Host: with what `hurry` said.
  [[nodiscard]] TtsQos urgent_qos() const noexcept {
    return is_hurried_.load(std::memory_order_relaxed) ? TtsQos::interactive : qos;
  }
  [[nodiscard]] Instant urgent_deadline() const noexcept {
    return std::min(deadline(), Instant{Nanos(earliest_.load(std::memory_order_relaxed))});
  }

  // out, in place before the first part:
  std::vector<media::WordTime> words;     // in order, from the start of the audio; empty when the
                                          // voice does not know
  std::vector<media::WordTime> phonemes;  // likewise; a phoneme with its stress and length marks
  std::int64_t samples_expected = 0;      // of the whole audio; 0: not known yet

  // out, streaming: float32 mono at TtsModel::rate(). The model pushes and notifies.
  exec::SpscRing<media::BufferRef> parts{kTtsPartsMax};
  // out, not streaming: likewise, all of it; empty when the call failed
  media::BufferRef audio;
  Status status;  // out

  // Between submit and done, the host's and the model's:
  std::int64_t samples_made = 0;    // so far
  bool has_more = false;            // the last step was not the call's last
  std::unique_ptr<TtsState> state;  // null before the first step and when the call is done

 private:
  std::atomic<bool> is_hurried_{false};
  std::atomic<Nanos::rep> earliest_{Nanos::max().count()};
};

/// Threads: a call is with one host thread at a time, not always with the same one; the model is
/// immutable and shared.
class TtsModel {
 public:
  virtual ~TtsModel() = default;
  /// Makes one step; true: there is more, and `call.state` holds what the next step needs. The
  /// first step of a call clears what is `out`, and makes the first part. When it returns false,
  /// `status` (and `audio`) are filled. A step is short, at most some 200 ms of run time, and a
  /// cancel ends it within about 10 ms.
  [[nodiscard]] virtual bool synthesize(TtsCall& call) noexcept = 0;
  [[nodiscard]] virtual int rate() const noexcept = 0;  // Hz
};

/// All steps, one after another: for tests and tools, which have no host.
inline void synthesize_all(TtsModel& model, TtsCall& call) noexcept {
  while (model.synthesize(call)) {
  }
}

class TtsHost {
 public:
  virtual ~TtsHost() = default;
  /// False when the queue is full (counted). Threads: any.
  virtual bool submit(std::shared_ptr<TtsCall> call) noexcept = 0;
  [[nodiscard]] virtual int rate() const noexcept = 0;
  /// How long a call that is wanted now would wait, by what the host has learned. Threads: any.
  [[nodiscard]] virtual Nanos backlog() const noexcept = 0;
};

}  // namespace parley::model
