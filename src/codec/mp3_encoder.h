// SPDX-License-Identifier: Apache-2.0
//
// MP3 by LAME. The only place that knows it.
//
// Threads: as AudioEncoder.
#pragma once

#include "codec/audio_encoder.h"

namespace parley::codec {

/// `rate` is one of MPEG-1, 2 or 2.5.
[[nodiscard]] Result<std::unique_ptr<AudioEncoder>> make_mp3_encoder(int rate, int bitrate);

}  // namespace parley::codec
