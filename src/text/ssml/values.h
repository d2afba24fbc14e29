// SPDX-License-Identifier: Apache-2.0
//
// The values of SSML's attributes: lengths of breaks, rates of speech.
//
// Threads: any (pure functions).
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace parley::text {

/// The product of all rates must be in this range: a voice can do no more.
inline constexpr float kRateFactorMin = 0.25F;
inline constexpr float kRateFactorMax = 4.0F;

/// A break's: `time` ("500ms", "1.5s") counts more than `strength` ("weak"); neither: a medium one.
/// invalid_argument names the attribute and the value.
[[nodiscard]] Result<Millis> break_length(std::string_view time, std::string_view strength);

/// "slow", "120%", "+10%", "-10%", "0.8", relative to `outer`; the names are absolute.
[[nodiscard]] Result<float> prosody_rate(std::string_view rate, float outer);

}  // namespace parley::text
