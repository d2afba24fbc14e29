// SPDX-License-Identifier: Apache-2.0
#include "base/json_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "base/utf8.h"

namespace parley::json_text {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

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
    const std::size_t length = utf8_character_size(rest);
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
