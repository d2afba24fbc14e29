// SPDX-License-Identifier: Apache-2.0
//
// Sealed speakers in this process's memory, gone with it. Threads: one at a time.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "store/speaker_backend.h"

namespace parley::store {

class MemorySpeakers final : public SpeakerBackend {
 public:
  Result<std::vector<SealedSpeaker>> all(const std::string& owner) override;
  Result<std::optional<std::string>> get(const std::string& owner, const std::string& tag) override;
  Result<bool> put(const std::string& owner, const std::string& tag,
                   const std::optional<std::string>& before, std::string_view sealed) override;
  Result<bool> remove(const std::string& owner, const std::string& tag) override;

 private:
  std::map<std::pair<std::string, std::string>, std::string> kept_;  // by owner and tag
};

}  // namespace parley::store
