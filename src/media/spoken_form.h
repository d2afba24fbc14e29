// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "media/media_time.h"

namespace parley::media {

/// How a piece of text is said, where that is not as it is written. Immutable once made; frames
/// share it. Threads: any.
struct SpokenForm {
  /// The bytes of one spoken word or several, and the written ones that they stand for.
  struct Span {
    std::size_t written_begin = 0;
    std::size_t written_end = 0;
    std::size_t spoken_begin = 0;
    std::size_t spoken_end = 0;
    friend bool operator==(const Span&, const Span&) = default;
  };

  std::string text;  // for the voice: words as people say them; `[[ipa]]` is phonemes; may be empty
  float rate = 1.0F;        // on top of the speed that was asked for
  MediaTime pause_before;   // silence
  std::vector<Span> spans;  // in order
};

}  // namespace parley::media
