// SPDX-License-Identifier: Apache-2.0
//
// The models that Parley knows by name: models/catalogue.yaml, which also says what its fields
// mean.
//
// Threads: value types, a pure function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace parley {

struct CatalogueFile {
  std::string path;         // below the model's folder; never leaves it
  std::string url;          // empty: `parley models pull` cannot get it
  std::string sha256;       // lower case; empty: unverified
  std::uint64_t bytes = 0;  // 0: not known
};

struct CatalogueModel {
  enum class Fetch : std::uint8_t { deps, pull };

  std::string name;
  std::string job;  // "vad", "turn", "asr", "speaker", "tts" or "llm"
  std::string about;
  std::string licence;
  std::string origin;
  Fetch fetch = Fetch::deps;
  std::string set = {};  // of deps.lock; empty: everybody's
  bool is_demonstration = false;
  std::vector<CatalogueFile> files;
};

/// What fetches it, as one types it.
[[nodiscard]] std::string fetch_command(const CatalogueModel& model);

/// A model's name is a folder's: letters, digits and ._-, not beginning with a dot.
[[nodiscard]] bool is_model_name(std::string_view name) noexcept;

/// Errors: data_corrupt, naming line or model and what is wrong.
[[nodiscard]] Result<std::vector<CatalogueModel>> parse_model_catalogue(std::string_view yaml);

}  // namespace parley
