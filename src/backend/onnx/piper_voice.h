// SPDX-License-Identifier: Apache-2.0
//
// A Piper voice's voice.json: how its model wants phonemes and what it makes of them.
//
// Threads: immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace parley::backend {

struct PiperVoice {
  int rate = 0;              // Hz
  std::string language;      // espeak-ng's name: "en-us"
  float noise_scale = 0.0F;  // how much the sound varies
  float length_scale = 1.0F;
  float noise_w = 0.0F;  // how much the durations vary
  std::map<char32_t, std::vector<std::int64_t>> phoneme_ids;
  std::int64_t speakers = 1;
  std::map<std::string, std::int64_t, std::less<>> speaker_ids;  // by name; may be empty

  /// not_found; data_corrupt when it is not JSON, or a member is missing or of a wrong kind.
  static Result<PiperVoice> load(const std::string& file);
  static Result<PiperVoice> parse(std::string_view json);

  /// Of a speaker's name or number; the first speaker for what is neither. Nothing where the voice
  /// has only one.
  [[nodiscard]] std::optional<std::int64_t> speaker(std::string_view name) const;

  /// The model's input: begin, then every phoneme with a pad after it, then end. Phonemes that the
  /// voice does not know are left out; empty when none is left. `bytes`, unless it is null,
  /// becomes where in `phonemes` each id, with the pads after it, comes from.
  [[nodiscard]] std::vector<std::int64_t> ids(std::string_view phonemes,
                                              std::vector<std::size_t>* bytes = nullptr) const;
};

}  // namespace parley::backend
