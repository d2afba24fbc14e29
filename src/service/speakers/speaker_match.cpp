// SPDX-License-Identifier: Apache-2.0
#include "service/speakers/speaker_match.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"

namespace parley::service {
namespace {

bool is_comparable(const store::VoicePrint& a, const store::VoicePrint& b) {
  return a.model == b.model && a.embedding.size() == b.embedding.size();
}

SpeakerScore score_of(const store::Speaker& speaker, const store::VoicePrint& voice,
                      float score_min) {
  const float score = similarity(speaker.voice.embedding, voice.embedding);
  return {.name = speaker.name, .score = score, .is_match = score >= score_min};
}

}  // namespace

float similarity(std::span<const float> a, std::span<const float> b) noexcept {
  PARLEY_CHECK(a.size() == b.size());
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
}

std::optional<SpeakerScore> identify(std::span<const store::Speaker> speakers,
                                     const store::VoicePrint& voice, float score_min) {
  std::optional<SpeakerScore> best;
  for (const store::Speaker& speaker : speakers) {
    if (!is_comparable(speaker.voice, voice)) continue;
    SpeakerScore one = score_of(speaker, voice, score_min);
    if (!best || one.score > best->score) best = std::move(one);
  }
  return best;
}

Result<SpeakerScore> verify(std::span<const store::Speaker> speakers, const std::string& name,
                            const store::VoicePrint& voice, float score_min) {
  const auto speaker = std::ranges::find(speakers, name, &store::Speaker::name);
  if (speaker == speakers.end()) {
    return Error{ErrorCode::not_found, "There is no speaker '" + name + "'."};
  }
  if (!is_comparable(speaker->voice, voice)) {
    return Error{ErrorCode::failed_precondition,
                 "The speaker '" + name + "' was enrolled with the model '" + speaker->voice.model +
                     "': delete it, and enrol it again."};
  }
  return score_of(*speaker, voice, score_min);
}

}  // namespace parley::service
