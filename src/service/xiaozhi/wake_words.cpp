// SPDX-License-Identifier: Apache-2.0
#include "service/xiaozhi/wake_words.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "text/character.h"
#include "text/utf8.h"

namespace parley::service {
namespace {

/// Espressif's (esp-sr, WakeNet) and those of devices' other servers; sorted by nothing.
constexpr std::array<std::string_view, 18> kWakeWords{
    "你好小智", "小智小智",     "你好小鑫", "你好小新", "小爱同学", "嘿你好呀",
    "你好小志", "小滨小滨",     "小美同学", "小龙小龙", "hi乐鑫",   "hiesp",
    "hilexin",  "nihaoxiaozhi", "jarvis",   "alexa",    "hijason",  "computer"};

}  // namespace

std::string bare_words(std::string_view text) {
  std::string bare;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = utf8_character_size(text.substr(at));
    if (size == 0) break;
    if (size == 1) {
      const char c = text::lower(text[at]);
      if (text::is_lower(c) || text::is_digit(c)) bare += c;
    } else {
      using Kind = text::CharacterKind;
      const Kind kind = text::kind_of(text::decode_utf8(text, at).code);
      if (kind == Kind::other || kind == Kind::ideograph || kind == Kind::kana) {
        bare += text.substr(at, size);
      }
    }
    at += size;
  }
  return bare;
}

bool is_known_wake_word(std::string_view text) {
  const std::string bare = bare_words(text);
  return std::find(kWakeWords.begin(), kWakeWords.end(), bare) != kWakeWords.end();
}

}  // namespace parley::service
