// SPDX-License-Identifier: Apache-2.0
//
// How a voice sounds, as a point on a sphere: two utterances of one speaker lie close together, so
// the product of their embeddings (the cosine) says how alike two voices are. Embeddings of
// different models, which `name` tells apart, cannot be compared.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/call.h"

namespace parley::model {

inline constexpr int kSpeakerRate = 16'000;

struct SpeakerCall : Call {
  std::vector<float> audio;      // in: mono, kSpeakerRate, [-1, 1]; speech, long silences cut out
  std::vector<float> embedding;  // out: dimension() floats, of length 1; empty after an error
  Status status;                 // out
};

/// Threads: one call at a time per host thread; the model is immutable and shared.
class SpeakerModel {
 public:
  virtual ~SpeakerModel() = default;
  /// Fills embedding and status. Errors: invalid_argument (no audio, none but zeros, or more than
  /// samples_max()), cancelled, and those of the runtime.
  virtual void embed(SpeakerCall& call) noexcept = 0;
  [[nodiscard]] virtual std::size_t dimension() const noexcept = 0;
  [[nodiscard]] virtual std::size_t samples_max() const noexcept = 0;
  /// Of the model, with which its embeddings are kept.
  [[nodiscard]] virtual std::string name() const = 0;
};

class SpeakerHost {
 public:
  virtual ~SpeakerHost() = default;
  /// False when the queue is full (counted). Threads: any.
  virtual bool submit(std::shared_ptr<SpeakerCall> call) noexcept = 0;
  [[nodiscard]] virtual std::size_t dimension() const noexcept = 0;
  [[nodiscard]] virtual std::size_t samples_max() const noexcept = 0;
  [[nodiscard]] virtual std::string name() const = 0;
};

}  // namespace parley::model
