// SPDX-License-Identifier: Apache-2.0
//
// The answers of `/v1/speakers`, as JSON. Embeddings are never told. Threads: any (pure).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace parley::protocol {

struct SpeakerShown {
  std::string id;
  std::string name;
  std::string model;             // of its embedding
  std::uint32_t recordings = 0;  // that were enrolled
  std::int64_t created = 0;      // seconds since 1970-01-01 UTC
  std::int64_t updated = 0;
};

/// How alike a voice and an enrolled one are.
struct VoiceComparison {
  std::string id;
  std::string name;
  double score = 0.0;  // the cosine of their embeddings
  bool is_match = false;
};

[[nodiscard]] std::string speaker_json(const SpeakerShown& speaker);
[[nodiscard]] std::string speakers_json(std::span<const SpeakerShown> speakers);
[[nodiscard]] std::string speaker_deleted_json(std::string_view id);
/// `nearest`: nothing where nobody is enrolled. `threshold`: from which score on it is a match.
[[nodiscard]] std::string identification_json(const std::optional<VoiceComparison>& nearest,
                                              double threshold, double speech_seconds);
[[nodiscard]] std::string verification_json(const VoiceComparison& compared, double threshold,
                                            double speech_seconds);

}  // namespace parley::protocol
