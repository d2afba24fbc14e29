// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace parley::media {

// What every interface of the speech service takes, and every voice.
inline constexpr float kSpeechSpeedMin = 0.25F;  // 1 is the voice's own
inline constexpr float kSpeechSpeedMax = 4.0F;
inline constexpr int kSpeechRateMin = 8'000;  // Hz
inline constexpr int kSpeechRateMax = 48'000;

}  // namespace parley::media
