// SPDX-License-Identifier: Apache-2.0
//
// A place where sealed speakers are kept, which learns nothing about them: owners and tags are
// digests, and what it keeps is encrypted (speaker_vault.h). Implementations: memory/ (tests, and
// where nothing shall last), sqlite/ (a file), redis/ (a server that several processes share).
//
// Every call blocks until it is done; what it changed survives as a conversation would.
// Errors: resource_exhausted (the disk is full), data_corrupt, permission_denied, unavailable,
// internal. Threads: one at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace parley::store {

struct SealedSpeaker {
  std::string tag;
  std::string sealed;
};

class SpeakerBackend {
 public:
  virtual ~SpeakerBackend() = default;
  /// All of an owner, in any order.
  virtual Result<std::vector<SealedSpeaker>> all(const std::string& owner) = 0;
  virtual Result<std::optional<std::string>> get(const std::string& owner,
                                                 const std::string& tag) = 0;
  /// Keeps `sealed` in the place of `before` (nothing: where nothing is). False: there was
  /// something else, which stays. `sealed` is not empty.
  virtual Result<bool> put(const std::string& owner, const std::string& tag,
                           const std::optional<std::string>& before, std::string_view sealed) = 0;
  /// False: there was nothing.
  virtual Result<bool> remove(const std::string& owner, const std::string& tag) = 0;
};

}  // namespace parley::store
