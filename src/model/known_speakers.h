// SPDX-License-Identifier: Apache-2.0
//
// Who an embedding belongs to, among the speakers that somebody enrolled: what sessions ask, who
// may neither block nor know where speakers are kept (service/speakers/enrolled_speakers.h does).
//
// Threads: any. Never blocks.
#pragma once

#include <span>
#include <string>

namespace parley::model {

class KnownSpeakers {
 public:
  virtual ~KnownSpeakers() = default;
  /// Looks again for the speakers of `owner`, some time soon: when somebody may be about to speak.
  virtual void refresh(const std::string& owner) = 0;
  /// False: he has enrolled nobody, as far as is known, and no embedding is worth its making.
  [[nodiscard]] virtual bool may_know_any(const std::string& owner) const = 0;
  /// The enrolled speaker's name; empty: none of them.
  [[nodiscard]] virtual std::string name_of(const std::string& owner,
                                            std::span<const float> embedding) const = 0;
};

}  // namespace parley::model
