// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace parley::json_text {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

constexpr bool is_continuation(unsigned char byte) noexcept { return (byte & 0xC0U) == 0x80U; }

/// Bytes of the valid UTF-8 character at the start of `text`, 0 when it is none (RFC 3629 §4).
std::size_t character_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80U) return 1;
  std::size_t length = 0;
  if (lead >= 0xC2U && lead <= 0xDFU) length = 2;
  if (lead >= 0xE0U && lead <= 0xEFU) length = 3;
  if (lead >= 0xF0U && lead <= 0xF4U) length = 4;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(at(i))) return 0;
  }
  // Overlong forms, surrogates, and what lies beyond U+10FFFF, all told by the second byte.
  if (lead == 0xE0U && at(1) < 0xA0U) return 0;
  if (lead == 0xEDU && at(1) > 0x9FU) return 0;
  if (lead == 0xF0U && at(1) < 0x90U) return 0;
  if (lead == 0xF4U && at(1) > 0x8FU) return 0;
  return length;
}

void append_ascii(std::string& out, char c) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto code = static_cast<unsigned char>(c);
  if (code >= 0x20U && code != 0x7FU) {
    out += c;
    return;
  }
  out += "\\u00";
  out += kHex[code >> 4U];
  out += kHex[code & 0x0FU];
}

}  // namespace

void append_string(std::string& out, std::string_view text, std::size_t bytes_max) {
  out += '"';
  std::size_t done = 0;
  while (done < text.size()) {
    const std::string_view rest = text.substr(done);
    const std::size_t length = character_length(rest);
    const std::size_t step = length == 0 ? 1 : length;
    if (done + step > bytes_max) {
      out += "\xE2\x80\xA6";  // U+2026, "…"
      break;
    }
    if (length == 0) {
      out += kReplacement;
    } else if (length == 1) {
      append_ascii(out, rest.front());
    } else {
      out += rest.substr(0, length);
    }
    done += step;
  }
  out += '"';
}

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 32> text{};  // the shortest form of a double has at most 24 characters
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

}  // namespace parley::json_text
