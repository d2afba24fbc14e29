// SPDX-License-Identifier: Apache-2.0
//
// Enrols, lists, forgets and recognises speakers from recordings, step by step: each call blocks
// until it is done.
//
//   PARLEY_TRY(const std::vector<float> samples, decode_clip(bytes, "file"));
//   PARLEY_TRY(const HeardVoice heard, speakers.hear(samples));
//   PARLEY_TRY(const store::Speaker speaker, speakers.enrol({owner, "Anna"}, std::array{heard}));
//
// Of a recording the speech is heard, found by the same detector as in streams, and not the
// silence.
//
// Threads: one at a time, which may block.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "exec/caller_executor.h"
#include "exec/strand.h"
#include "model/speaker_model.h"
#include "model/vad_model.h"
#include "service/speakers/enrolled_speakers.h"
#include "service/speakers/speaker_match.h"
#include "store/speaker_store.h"

namespace parley::service {

/// Of one recording, in seconds.
inline constexpr double kClipSecondsMax = 120.0;
/// Less tells one from another no longer (docs/measurements/speakers.md).
inline constexpr double kClipSpeechSecondsMin = 1.0;

/// What clients call a speaker: made of the name, which need not stand in addresses and logs.
[[nodiscard]] std::string speaker_id(std::string_view name);

/// Mono, at model::kSpeakerRate. `name` stands for the recording in messages. Errors: data_corrupt,
/// invalid_argument, resource_exhausted (longer than kClipSecondsMax).
[[nodiscard]] Result<std::vector<float>> decode_clip(std::string_view bytes,
                                                     const std::string& name);

struct HeardVoice {
  store::VoicePrint voice;
  double speech_seconds = 0.0;
};

class SpeakerService final : private exec::StrandBody {
 public:
  /// All outlive it; `waiting` the hosts, too, whose threads wake it.
  struct Surroundings {
    model::SpeakerHost& speakers;
    model::VadHost& vad;
    store::SpeakerStore& store;
    EnrolledSpeakers& known;  // told of changes
    exec::CallerExecutor& waiting;
    const Clock& clock;
  };

  SpeakerService(const Surroundings& around, float score_min);
  ~SpeakerService() override;
  SpeakerService(const SpeakerService&) = delete;
  SpeakerService& operator=(const SpeakerService&) = delete;

  /// Errors: invalid_argument (less speech than kClipSpeechSecondsMin); unavailable (too much
  /// waits), and those of the models.
  Result<HeardVoice> hear(std::span<const float> samples);

  /// One utterance after the other. Errors: those of SpeakerStore; unavailable.
  Result<store::Speaker> enrol(const store::SpeakerKey& key, std::span<const HeardVoice> voices);
  Result<store::SpeakerList> list(const std::string& owner);
  /// By id or by name; which one it was. Errors: not_found, and those of the store.
  Result<std::string> remove(const std::string& owner, const std::string& id);
  /// The nearest one; nothing: nobody is enrolled.
  Result<std::optional<SpeakerScore>> identify(const std::string& owner, const HeardVoice& heard);
  /// By id or by name. Errors: not_found, failed_precondition (enrolled with another model).
  Result<SpeakerScore> verify(const store::SpeakerKey& key, const HeardVoice& heard);
  [[nodiscard]] float score_min() const noexcept { return score_min_; }

 private:
  bool run_slice() noexcept override { return false; }
  void await(const model::Call& call);
  /// Which windows are speech.
  Result<std::vector<bool>> find_speech(std::span<const float> samples);

  const Surroundings around_;
  const float score_min_;
  const std::shared_ptr<exec::Strand> strand_;
};

}  // namespace parley::service
