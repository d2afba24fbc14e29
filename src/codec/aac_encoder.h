// SPDX-License-Identifier: Apache-2.0
//
// AAC-LC in ADTS (ISO/IEC 14496-3) by vo-aacenc. The only place that knows it.
//
// Threads: as AudioEncoder.
#pragma once

#include "codec/audio_encoder.h"

namespace parley::codec {

/// `rate` is one of MPEG-4.
[[nodiscard]] Result<std::unique_ptr<AudioEncoder>> make_aac_encoder(int rate, int bitrate);

}  // namespace parley::codec
