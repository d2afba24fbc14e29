// SPDX-License-Identifier: Apache-2.0
//
// Formats that are samples one after the other: pcm, wav, pcmu, pcma.
//
// Threads: as AudioEncoder.
#pragma once

#include "codec/audio_encoder.h"

namespace parley::codec {

[[nodiscard]] Result<std::unique_ptr<AudioEncoder>> make_pcm_encoder(AudioFileFormat format,
                                                                     int rate);

}  // namespace parley::codec
