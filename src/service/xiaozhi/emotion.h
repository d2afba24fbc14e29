// SPDX-License-Identifier: Apache-2.0
//
// The face that a device makes while it speaks: the first emoji that the model wrote says which.
// Devices know 21 of them by name (78/xiaozhi-esp32, emotion of `llm` messages).
//
// Threads: any (pure).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::service {

struct Emotion {
  std::string_view name;   // "happy"
  std::string_view emoji;  // as it stands for it
};

/// Where the model wrote none.
inline constexpr Emotion kNeutral{"neutral", "😶"};

/// Of the first emoji in `text`, which is valid UTF-8, that is one of a face; nothing when there is
/// none. Other pictures are no face.
[[nodiscard]] std::optional<Emotion> emotion_of(std::string_view text) noexcept;
/// Without pictures, which screens of devices have no glyphs for, and the spaces beside them.
[[nodiscard]] std::string without_emoji(std::string_view text);

}  // namespace parley::service
