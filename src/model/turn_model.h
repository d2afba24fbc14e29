// SPDX-License-Identifier: Apache-2.0
//
// Deciding that a user is done: by the silence alone, or by a model that listens to how the last
// words sounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "exec/strand.h"
#include "media/media_time.h"
#include "model/call.h"

namespace parley::model {

inline constexpr int kTurnRate = 16'000;
/// What a turn model hears: the last 8 s.
inline constexpr std::size_t kTurnSamplesMax = 8 * std::size_t{kTurnRate};

struct TurnCall : Call {
  std::vector<float> audio;  // in: mono, kTurnRate, [-1, 1], up to now; at most kTurnSamplesMax
  float probability = 0.0F;  // out: that the speaker is done, [0, 1]
  Status status;             // out
};

/// Threads: one call at a time per host thread; the model is immutable and shared.
class TurnModel {
 public:
  virtual ~TurnModel() = default;
  /// Fills probability and status.
  virtual void judge(TurnCall& call) noexcept = 0;
};

class TurnHost {
 public:
  virtual ~TurnHost() = default;
  /// False when the queue is full (counted). Threads: any.
  virtual bool submit(std::shared_ptr<TurnCall> call) noexcept = 0;
};

/// What is known at a silence.
struct TurnQuery {
  media::MediaTime silence;  // since the last speech
  media::MediaTime speech;   // of the utterance so far
  media::MediaTime now;      // on the input stream: the end of that silence
};

enum class TurnVerdict : std::uint8_t { open, done, thinking };

/// Per session; Threads: strand. Must return at once.
class TurnDetector {
 public:
  virtual ~TurnDetector() = default;
  /// `thinking`: `waker` says when to ask the same again; later silence waits until then, so that
  /// the answer does not depend on how fast the machine is.
  [[nodiscard]] virtual TurnVerdict judge(const TurnQuery& query, const exec::Waker& waker,
                                          Instant now) noexcept = 0;
  /// The silence is over, or the turn: what was thought about it is void.
  virtual void forget() noexcept {}
};

}  // namespace parley::model
