// SPDX-License-Identifier: Apache-2.0
//
// A whole recording of 16-bit mono audio at another rate. Threads: any (pure). Allocates.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace parley::codec {

/// ceil(samples * to / from) samples. Errors: invalid_argument (a rate that no resampler knows).
Result<std::vector<std::int16_t>> resample_pcm16(std::span<const std::int16_t> samples, int from,
                                                 int to);

}  // namespace parley::codec
