// SPDX-License-Identifier: Apache-2.0
//
// Opus in Ogg (RFC 6716, RFC 7845) by libopus. The only place that knows it.
//
// Threads: as AudioEncoder.
#pragma once

#include "codec/audio_encoder.h"

namespace parley::codec {

/// `rate` is one that Opus has.
[[nodiscard]] Result<std::unique_ptr<AudioEncoder>> make_opus_encoder(int rate, int bitrate);

}  // namespace parley::codec
