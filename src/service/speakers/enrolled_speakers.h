// SPDX-License-Identifier: Apache-2.0
//
// The speakers that the store keeps, remembered for sessions: they ask who speaks at once, and the
// store reads a disk or a server. Each refresh brings what is kept up to date, so that a speaker
// who was enrolled on another node is known with the next utterance.
//
// Threads: any; nothing waits for the store.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "model/known_speakers.h"
#include "store/speaker_store.h"

namespace parley::service {

/// Owners whose speakers are remembered; of others nobody is known. There is one for each key.
inline constexpr std::size_t kSpeakerOwnersMax = 10'000;

class EnrolledSpeakers final : public model::KnownSpeakers {
 public:
  /// `store` outlives it. `model`: of the embeddings that will be asked for.
  EnrolledSpeakers(store::SpeakerStore& store, std::string model, float score_min);

  void refresh(const std::string& owner) override { ask(owner, false); }
  /// After a change here: a reading that is under way may have come too early.
  void reread(const std::string& owner) { ask(owner, true); }
  [[nodiscard]] bool may_know_any(const std::string& owner) const override;
  [[nodiscard]] std::string name_of(const std::string& owner,
                                    std::span<const float> embedding) const override;

 private:
  struct Memory;
  void ask(const std::string& owner, bool always);

  store::SpeakerStore& store_;
  const std::string model_;
  const float score_min_;
  const std::shared_ptr<Memory> memory_;  // shared with readings that are under way
};

}  // namespace parley::service
