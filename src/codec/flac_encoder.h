// SPDX-License-Identifier: Apache-2.0
//
// FLAC (RFC 9639) by libFLAC. The only place that knows it.
//
// Threads: as AudioEncoder.
#pragma once

#include "codec/audio_encoder.h"

namespace parley::codec {

[[nodiscard]] Result<std::unique_ptr<AudioEncoder>> make_flac_encoder(int rate);

}  // namespace parley::codec
