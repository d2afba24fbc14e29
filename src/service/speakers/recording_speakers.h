// SPDX-License-Identifier: Apache-2.0
//
// Who speaks in one recording, or in one session: those of whom a sample came with it, by their
// names; those who are enrolled, by theirs; and others as A, B, C in the order in which they are
// first heard.
//
//   auto voices = std::make_shared<RecordingSpeakers>(around);
//   PARLEY_TRY_STATUS(voices->add("Anna", samples));     // before the recording is heard
//   request.voices = voices;
//
// Threads: `add` one owner, before any question; the rest one stream's strand.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/known_speakers.h"
#include "model/speaker_model.h"
#include "service/speakers/speaker_match.h"

namespace parley::service {

/// Voices that are told apart in a recording; further ones are the nearest of them.
inline constexpr std::size_t kRecordingVoicesMax = 64;

class RecordingSpeakers final : public model::KnownSpeakers {
 public:
  /// All outlive it.
  struct Surroundings {
    model::SpeakerHost& host;
    model::KnownSpeakers* enrolled = nullptr;  // null: nobody is
    const Clock& clock;
    float score_min = kSameSpeakerScore;  // from here on two voices count as one
  };

  explicit RecordingSpeakers(const Surroundings& around) : around_(around) {}
  ~RecordingSpeakers() override;

  /// How `name` sounds: at model::kSpeakerRate; more than the model takes is left out. Errors:
  /// unavailable (too much waits).
  Status add(std::string name, std::vector<float> samples);

  void refresh(const std::string& owner) override {
    if (around_.enrolled != nullptr) around_.enrolled->refresh(owner);
  }
  [[nodiscard]] bool may_know_any(const std::string& /*owner*/) const override { return true; }
  /// Never empty.
  [[nodiscard]] std::string name_of(const std::string& owner,
                                    std::span<const float> embedding) const override;

 private:
  struct Sample {
    std::string name;
    std::shared_ptr<model::SpeakerCall> call;  // shared with the host while it works
  };
  struct Voice {
    std::vector<float> sum;   // of its embeddings
    std::vector<float> mean;  // of length 1
  };

  [[nodiscard]] std::string stranger(std::span<const float> embedding) const;

  const Surroundings around_;
  std::vector<Sample> samples_;
  // A question is what strangers are told apart by; one strand asks.
  mutable std::vector<Voice> voices_;
};

}  // namespace parley::service
