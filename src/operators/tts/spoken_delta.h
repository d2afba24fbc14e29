// SPDX-License-Identifier: Apache-2.0
//
// A chunk of layer `text` as a frame. Threads: any (a pure function).
#pragma once

#include "media/frame.h"
#include "text/spoken_text.h"

namespace parley::operators {

[[nodiscard]] media::TextDelta spoken_delta(text::SpokenChunk chunk, media::Turn turn);

}  // namespace parley::operators
