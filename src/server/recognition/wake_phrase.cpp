// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/wake_phrase.h"

#include <string>

namespace parley::server {
namespace {

/// " hey jarvis ": each word between spaces. Other scripts stay as they are.
std::string words_of(std::string_view text) {
  std::string words = " ";
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte >= 'A' && byte <= 'Z') {
      words += static_cast<char>(byte - 'A' + 'a');
    } else if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte >= 0x80) {
      words += character;
    } else if (character != '\'' && !words.ends_with(' ')) {
      words += ' ';
    }
  }
  if (!words.ends_with(' ')) words += ' ';
  return words;
}

}  // namespace

bool has_phrase(std::string_view text, std::string_view phrase) {
  const std::string wanted = words_of(phrase);
  return wanted.size() > 2 && words_of(text).find(wanted) != std::string::npos;
}

}  // namespace parley::server
