// SPDX-License-Identifier: Apache-2.0
#include "text/utf8.h"

namespace parley::text {

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) {
    out += static_cast<char>(static_cast<unsigned char>(byte));
  };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

Decoded decode_utf8(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(
        static_cast<unsigned char>(at + i < text.size() ? text[at + i] : 0));
  };
  const char32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xE0) return {((first & 0x1FU) << 6U) | (byte(1) & 0x3FU), 2};
  if (first < 0xF0) {
    return {((first & 0x0FU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU), 3};
  }
  return {((first & 0x07U) << 18U) | ((byte(1) & 0x3FU) << 12U) | ((byte(2) & 0x3FU) << 6U) |
              (byte(3) & 0x3FU),
          4};
}

Result<std::optional<char32_t>> Utf8Reader::push(unsigned char byte) {
  ++offset_;
  if (missing_ == 0) {
    begin_ = offset_ - 1;
    if (byte < 0x80) return std::optional<char32_t>(byte);
    next_min_ = 0x80;
    next_max_ = 0xBF;
    if (byte >= 0xC2 && byte <= 0xDF) {
      missing_ = 1;
      code_ = byte & 0x1FU;
    } else if (byte >= 0xE0 && byte <= 0xEF) {
      missing_ = 2;
      code_ = byte & 0x0FU;
      if (byte == 0xE0) next_min_ = 0xA0;  // shorter forms exist
      if (byte == 0xED) next_max_ = 0x9F;  // surrogates
    } else if (byte >= 0xF0 && byte <= 0xF4) {
      missing_ = 3;
      code_ = byte & 0x07U;
      if (byte == 0xF0) next_min_ = 0x90;
      if (byte == 0xF4) next_max_ = 0x8F;  // above U+10FFFF
    } else {
      return invalid();
    }
    return std::optional<char32_t>();
  }
  if (byte < next_min_ || byte > next_max_) return invalid();
  next_min_ = 0x80;
  next_max_ = 0xBF;
  code_ = (code_ << 6U) | (byte & 0x3FU);
  if (--missing_ > 0) return std::optional<char32_t>();
  return std::optional<char32_t>(code_);
}

Status Utf8Reader::finish() const {
  if (missing_ > 0) return invalid();
  return {};
}

Error Utf8Reader::invalid() const {
  return {ErrorCode::invalid_argument, "text: not valid UTF-8 at byte " + std::to_string(begin_)};
}

}  // namespace parley::text
