// SPDX-License-Identifier: Apache-2.0
#include "service/xiaozhi/emotion.h"

#include <array>

#include "base/utf8.h"
#include "text/character.h"
#include "text/utf8.h"

namespace parley::service {
namespace {

/// Those of devices' other servers, and the most usual ones beside them.
constexpr std::array kFaces{kNeutral,
                            Emotion{"happy", "🙂"},
                            Emotion{"laughing", "😆"},
                            Emotion{"funny", "😂"},
                            Emotion{"sad", "😔"},
                            Emotion{"angry", "😠"},
                            Emotion{"crying", "😭"},
                            Emotion{"loving", "😍"},
                            Emotion{"embarrassed", "😳"},
                            Emotion{"surprised", "😲"},
                            Emotion{"shocked", "😱"},
                            Emotion{"thinking", "🤔"},
                            Emotion{"winking", "😉"},
                            Emotion{"cool", "😎"},
                            Emotion{"relaxed", "😌"},
                            Emotion{"delicious", "🤤"},
                            Emotion{"kissy", "😘"},
                            Emotion{"confident", "😏"},
                            Emotion{"sleepy", "😴"},
                            Emotion{"silly", "😜"},
                            Emotion{"confused", "🙄"},
                            Emotion{"happy", "😊"},
                            Emotion{"happy", "😀"},
                            Emotion{"happy", "😃"},
                            Emotion{"laughing", "😄"},
                            Emotion{"laughing", "😁"},
                            Emotion{"funny", "🤣"},
                            Emotion{"sad", "😢"},
                            Emotion{"sad", "🙁"},
                            Emotion{"angry", "😡"},
                            Emotion{"loving", "🥰"},
                            Emotion{"loving", "❤"},
                            Emotion{"surprised", "😮"},
                            Emotion{"delicious", "😋"},
                            Emotion{"silly", "😛"},
                            Emotion{"confused", "😕"}};

bool is_picture(std::string_view text, std::size_t at) noexcept {
  constexpr char32_t kSelector = 0xFE0F;  // "as a picture"
  constexpr char32_t kJoiner = 0x200D;
  const char32_t code = text::decode_utf8(text, at).code;
  return code == kSelector || code == kJoiner || text::kind_of(code) == text::CharacterKind::emoji;
}

}  // namespace

std::optional<Emotion> emotion_of(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = utf8_character_size(text.substr(at));
    if (size == 0) return std::nullopt;  // cut: the rest has not come
    for (const Emotion& face : kFaces) {
      if (text.substr(at, size) == face.emoji) return face;
    }
    at += size;
  }
  return std::nullopt;
}

std::string without_emoji(std::string_view text) {
  std::string out;
  bool after_picture = true;  // spaces at the beginning go, too
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = utf8_character_size(text.substr(at));
    if (size == 0) break;
    if (is_picture(text, at)) {
      after_picture = true;
    } else if (!(after_picture && text[at] == ' ' && (out.empty() || out.back() == ' '))) {
      out += text.substr(at, size);
      after_picture = false;
    }
    at += size;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace parley::service
