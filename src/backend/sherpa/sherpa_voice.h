// SPDX-License-Identifier: Apache-2.0
//
// What a folder with a voice for sherpa-onnx holds, as its sherpa.json says:
//
//   {"family": "kokoro",
//    "files": {"model": "model.onnx", "voices": "voices.bin", "tokens": "tokens.txt"},
//    "language": "en-us",                      phonemes are espeak-ng's; without it: "lexicon"
//    "speakers": {"af_bella": 1, "am_adam": 5}, "speaker": 1,
//    "scales": {"length": 1.0, "noise": 0.667, "noise_w": 0.8},
//    "reference": {"audio": "voice.wav", "text": "What is said in it."}}
//
// Only `family` and `files` must be there; zipvoice and pocket need a reference, too. README.md has
// the files of each family. Paths are relative to the folder.
//
// Threads: immutable.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "backend/sherpa/sherpa_folder.h"
#include "base/result.h"

namespace parley::backend {

/// Of all families of voices.
[[nodiscard]] std::span<const SherpaFile> sherpa_files() noexcept;

struct SherpaVoice : SherpaParts {
  std::string folder;
  std::string language;  // empty: text goes to the voice as it is
  std::map<std::string, int, std::less<>> speakers;
  int speaker = 0;  // of calls that ask for none
  float length_scale = 1.0F;
  float noise_scale = 0.667F;
  float noise_w = 0.8F;
  std::string reference_audio;  // a path; empty: none
  std::string reference_text;

  /// Errors: not_found (the folder, or a file that it names), data_corrupt (what is wrong with
  /// sherpa.json, and where).
  static Result<SherpaVoice> load(const std::string& folder);
  /// Without looking at the files.
  static Result<SherpaVoice> parse(std::string_view json, const std::string& folder);

  /// Of a speaker's name or number; `speaker` for what is neither.
  [[nodiscard]] int speaker_of(std::string_view name) const;
};

}  // namespace parley::backend
