// SPDX-License-Identifier: Apache-2.0
//
// Which of the enrolled speakers a voice is, by the cosine of embeddings, in [-1, 1] and for GE2E
// in [0, 1]:
//
//   const auto who = identify(speakers, {.model = host.name(), .embedding = call->embedding});
//   if (who && who->is_match) … it is who->name …
//
// Whoever was enrolled with another model than the voice's cannot be compared with it, and is left
// out.
//
// Threads: pure.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "store/speaker_records.h"

namespace parley::service {

/// From here on two voices count as one: with 3 s of speech GE2E took none of 1500 pairs of two for
/// one, and turned away 5.6 % of those of one (docs/measurements/speakers.md).
inline constexpr float kSameSpeakerScore = 0.75F;

struct SpeakerScore {
  std::string name;
  float score = 0.0F;  // the cosine
  bool is_match = false;
};

/// The cosine of two embeddings of length 1. REQUIRES: they are of one size.
[[nodiscard]] float similarity(std::span<const float> a, std::span<const float> b) noexcept;

/// The most similar one, be it a match or not; nothing when nobody can be compared.
[[nodiscard]] std::optional<SpeakerScore> identify(std::span<const store::Speaker> speakers,
                                                   const store::VoicePrint& voice,
                                                   float score_min = kSameSpeakerScore);

/// How like the speaker `name` it is. Errors: not_found; failed_precondition (enrolled with another
/// model).
[[nodiscard]] Result<SpeakerScore> verify(std::span<const store::Speaker> speakers,
                                          const std::string& name, const store::VoicePrint& voice,
                                          float score_min = kSameSpeakerScore);

}  // namespace parley::service
