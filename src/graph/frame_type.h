// SPDX-License-Identifier: Apache-2.0
//
// A frame kind as a number and as a word: how ports compare their types when a graph is compiled,
// and what error messages and taps call them. The number is the kind's place in media::Frame.
//
// Threads: immutable.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <variant>

#include "media/frame.h"

namespace parley::graph {

/// Index of a frame struct in media::Frame; identifies a port's type.
template <typename T, std::size_t I = 0>
constexpr std::size_t frame_index() {
  static_assert(I < std::variant_size_v<media::Frame>, "not a frame kind: see media/frame.h");
  if constexpr (std::is_same_v<std::variant_alternative_t<I, media::Frame>, T>) {
    return I;
  } else {
    return frame_index<T, I + 1>();
  }
}

inline constexpr std::size_t kFrameTypes = std::variant_size_v<media::Frame>;

/// "AudioFrame" for frame_index<media::AudioFrame>(); `type` < kFrameTypes.
[[nodiscard]] std::string_view frame_type_name(std::size_t type);

}  // namespace parley::graph
