// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/utf8_character.h"

#include <cstddef>

namespace parley::backend {
namespace {

constexpr char32_t kInvalid = 0xFFFD;

}  // namespace

char32_t take_character(std::string_view& utf8) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(utf8[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0x80) {
    utf8.remove_prefix(1);
    return lead;
  }
  if (lead < 0xC0 || lead > 0xF7 || utf8.size() < length) {
    utf8.remove_prefix(1);
    return kInvalid;
  }
  char32_t character = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) {
      utf8.remove_prefix(1);
      return kInvalid;
    }
    character = character << 6U | (byte(i) & 0x3FU);
  }
  utf8.remove_prefix(length);
  return character;
}

}  // namespace parley::backend
