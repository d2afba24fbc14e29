// SPDX-License-Identifier: Apache-2.0
//
// A frame kind as a number and as a word: how ports compare their types when a graph is compiled,
// and what error messages and taps call them. The number is the kind's place in media::Frame.
//
// Threads: immutable.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

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
/// The other way; empty for a word that is no frame kind.
[[nodiscard]] std::optional<std::size_t> frame_type_of(std::string_view name);
/// All of them, in the order of media::Frame.
[[nodiscard]] std::vector<std::string> frame_type_names();

/// Calls `body` with a `std::type_identity<T>` of the frame kind that the number stands for: the
/// one place where a number from a file becomes a type. `type` < kFrameTypes.
template <std::size_t I = 0, typename Body>
decltype(auto) with_frame_type(std::size_t type, Body&& body) {
  if constexpr (I + 1 < kFrameTypes) {
    if (type != I) return with_frame_type<I + 1>(type, std::forward<Body>(body));
  }
  return body(std::type_identity<std::variant_alternative_t<I, media::Frame>>());
}

}  // namespace parley::graph
