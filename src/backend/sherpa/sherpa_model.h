// SPDX-License-Identifier: Apache-2.0
//
// What a folder with a recogniser or a model of speakers for sherpa-onnx holds, as its sherpa.json
// says:
//
//   {"family": "sense_voice",
//    "files": {"model": "model.int8.onnx", "tokens": "tokens.txt"},
//    "language": "zh",              the only one, or the one that it shall expect; without: it says
//    "itn": true,                   sense_voice: numbers as digits, and punctuation
//    "model_type": "nemo_transducer",                              where sherpa cannot find it out
//    "modeling_unit": "bpe"}                       transducers: what hot words are spelled with
//
// Only `family` and `files` must be there. README.md has the files of each family. Paths are
// relative to the folder.
//
// Threads: immutable.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "backend/sherpa/sherpa_folder.h"
#include "base/result.h"

namespace parley::backend {

enum class SherpaKind : std::uint8_t {
  voice,      // sherpa_voice.h
  streaming,  // hears an utterance piece by piece
  whole,      // hears an utterance at once
  speaker,    // tells voices apart
};

/// Of all families of a kind that is no voice: paths in SherpaOnnxOnlineModelConfig,
/// SherpaOnnxOfflineModelConfig or SherpaOnnxSpeakerEmbeddingExtractorConfig.
[[nodiscard]] std::span<const SherpaFile> sherpa_files(SherpaKind kind) noexcept;

struct SherpaModel : SherpaParts {
  std::string folder;
  SherpaKind kind = SherpaKind::whole;
  std::string language;    // ISO 639-1; empty: several
  std::string model_type;  // empty: sherpa looks into the files
  bool writes_numbers = true;
  std::string modeling_unit;  // "bpe", "cjkchar" or "cjkchar+bpe"; empty: it takes no hot words

  /// Of any kind but a voice. Errors: not_found (the folder, or a file that it names), data_corrupt
  /// (what is wrong with sherpa.json, and where).
  static Result<SherpaModel> load(const std::string& folder);
  /// Without looking at the files.
  static Result<SherpaModel> parse(std::string_view json, const std::string& folder);
};

}  // namespace parley::backend
