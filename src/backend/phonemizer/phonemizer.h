// SPDX-License-Identifier: Apache-2.0
//
// Text to phonemes: what a voice that reads phonemes needs in front of it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace parley::backend {

/// Threads: any.
class Phonemizer {
 public:
  virtual ~Phonemizer() = default;
  /// `text` (UTF-8) as IPA in UTF-8, one clause after the other, each with the punctuation mark
  /// that ended it (one of , ; : . ! ?) and a space in between. `voice` is espeak-ng's name of a
  /// language: "en-us". Empty when there is nothing to say. Several texts may be asked for at once,
  /// with kPhonemizerSeparator between them; their phonemes come back the same way.
  [[nodiscard]] virtual Result<std::string> phonemes(std::string_view text,
                                                     std::string_view voice) = 0;
};

}  // namespace parley::backend
