// SPDX-License-Identifier: Apache-2.0
//
// What a client appends: 24 kHz PCM16, as Python's and JavaScript's writers make the event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/base64.h"

namespace parley::bench {

/// Too soft for speech: a session that hears it answers nothing.
inline std::vector<std::byte> soft_noise(std::int64_t ms) {
  constexpr std::size_t kSamplesPerMs = 24;
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < static_cast<std::size_t>(ms) * kSamplesPerMs; ++i) {
    bytes.push_back(static_cast<std::byte>(i * 37));
    bytes.push_back(std::byte{0});
  }
  return bytes;
}

inline std::string base64_of(std::int64_t ms) {
  std::string text;
  base64_append(text, soft_noise(ms));
  return text;
}

inline std::string append_event(std::int64_t ms) {
  return R"({"type":"input_audio_buffer.append","audio":")" + base64_of(ms) + "\"}";
}

}  // namespace parley::bench
