// SPDX-License-Identifier: Apache-2.0
//
// Which of our voices a client's word for one means.
//
//   PARLEY_TRY(auto names, VoiceNames::make({"en_US-joe-medium", "en_GB-vctk-medium"},
//                                           {"nova=en_GB-vctk-medium#p225"}));
//   names.resolve("nova");      // en_GB-vctk-medium#p225: one speaker of a voice that has several
//   names.resolve("whatever");  // en_US-joe-medium: names that nobody knows mean the first
//
// Whoever keeps audio by its voice's name must ask for the resolved one.
// Threads: immutable.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace parley::model {

class VoiceNames {
 public:
  static constexpr std::size_t kVoicesMax = 64;

  /// `names`: at least one, the first is the default; one that comes again is left out. `map`:
  /// "word=name" or "word=name#speaker". invalid_argument: too many voices, or an entry of the map
  /// that is not such a pair, or names a voice that is not there.
  static Result<VoiceNames> make(std::vector<std::string> names, std::span<const std::string> map);

  /// One of `names()`, with `#speaker` behind it if that was asked for.
  [[nodiscard]] std::string resolve(std::string_view asked) const;
  /// Where the voice of a resolved name is in `names()`.
  [[nodiscard]] std::size_t index_of(std::string_view resolved) const;
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  /// The words of the map.
  [[nodiscard]] std::vector<std::string> words() const;

 private:
  VoiceNames() = default;
  [[nodiscard]] bool knows(std::string_view name) const;

  std::vector<std::string> names_;
  std::map<std::string, std::string, std::less<>> map_;
};

/// "name#speaker" in two; the second is empty when there is none.
struct VoiceAndSpeaker {
  std::string_view voice;
  std::string_view speaker;
};
[[nodiscard]] VoiceAndSpeaker voice_and_speaker(std::string_view name) noexcept;

}  // namespace parley::model
