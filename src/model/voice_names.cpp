// SPDX-License-Identifier: Apache-2.0
#include "model/voice_names.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace parley::model {

VoiceAndSpeaker voice_and_speaker(std::string_view name) noexcept {
  const std::size_t mark = name.find('#');
  if (mark == std::string_view::npos) return {name, {}};
  return {name.substr(0, mark), name.substr(mark + 1)};
}

Result<VoiceNames> VoiceNames::make(std::vector<std::string> names,
                                    std::span<const std::string> map) {
  PARLEY_CHECK(!names.empty());
  VoiceNames made;
  for (std::string& name : names) {
    if (!made.knows(name)) made.names_.push_back(std::move(name));
  }
  if (made.names_.size() > kVoicesMax) {
    return Error{
        ErrorCode::invalid_argument,
        std::to_string(made.names_.size()) + " voices are more than " + std::to_string(kVoicesMax)};
  }
  for (const std::string& entry : map) {
    const std::size_t sign = entry.find('=');
    if (sign == 0 || sign == std::string::npos) {
      return Error{ErrorCode::invalid_argument, "'" + entry + "' is not WORD=VOICE"};
    }
    std::string meant = entry.substr(sign + 1);
    if (!made.knows(voice_and_speaker(meant).voice)) {
      return Error{ErrorCode::invalid_argument,
                   "'" + entry + "': there is no voice '" + meant + "' among tts.voices"};
    }
    made.map_.insert_or_assign(entry.substr(0, sign), std::move(meant));
  }
  return made;
}

std::string VoiceNames::resolve(std::string_view asked) const {
  if (const auto found = map_.find(asked); found != map_.end()) return found->second;
  return knows(voice_and_speaker(asked).voice) ? std::string(asked) : names_.front();
}

std::size_t VoiceNames::index_of(std::string_view resolved) const {
  const auto found = std::ranges::find(names_, voice_and_speaker(resolved).voice);
  return found == names_.end() ? 0 : static_cast<std::size_t>(found - names_.begin());
}

std::vector<std::string> VoiceNames::words() const {
  std::vector<std::string> words;
  for (const auto& [word, meant] : map_) words.push_back(word);
  return words;
}

bool VoiceNames::knows(std::string_view name) const {
  return std::ranges::find(names_, name) != names_.end();
}

}  // namespace parley::model
