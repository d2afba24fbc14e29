// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as frames of a WebSocket. A frame is a byte of flags and operation, a byte that says
// how its length is told, a byte of length, and that many bytes; operation 0x0F sends the bytes as
// they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace parley::fuzz {

/// A core alone does not say which: compilers share one call of abort.
inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

enum class Form : std::uint8_t { shortest, wrong, of_16_bits, of_64_bits };

/// Mostly the usual one.
inline Form form_of(std::uint8_t byte, std::size_t length) {
  if (byte % 8 == 7) return Form::of_64_bits;
  if (byte % 8 == 6 || length > 125) return Form::of_16_bits;
  return byte % 8 == 5 ? Form::wrong : Form::shortest;
}

inline void append_length(std::string& out, Form form, std::size_t length) {
  constexpr unsigned kMasked = 0x80;
  if (form == Form::of_64_bits) {
    out += static_cast<char>(kMasked | 127U);
    out.append(7, '\0');
  } else if (form == Form::of_16_bits) {
    out += static_cast<char>(kMasked | 126U);
    out += '\0';
  } else {
    out += static_cast<char>(kMasked | (form == Form::wrong ? length / 2 : length));
  }
  if (form == Form::of_64_bits || form == Form::of_16_bits) out += static_cast<char>(length);
  out.append(4, '\0');  // a mask of zeros leaves the payload as it is
}

inline std::string_view take(std::string_view& bytes, std::size_t length) {
  const std::string_view taken = bytes.substr(0, length);
  bytes.remove_prefix(taken.size());
  return taken;
}

struct Frames {
  std::string bytes;
  bool are_whole = true;  // what is sent after them is a frame for the server too
};

inline Frames frames_of(std::string_view bytes) {
  Frames frames;
  while (bytes.size() >= 3) {
    const std::string_view head = take(bytes, 3);
    const auto flags = static_cast<std::uint8_t>(head[0]);
    const std::string_view payload = take(bytes, static_cast<std::uint8_t>(head[2]));
    const Form form = form_of(static_cast<std::uint8_t>(head[1]), payload.size());
    const bool is_raw = (flags & 0x0FU) == 0x0FU;
    if (!is_raw) {
      frames.bytes += static_cast<char>(flags);
      append_length(frames.bytes, form, payload.size());
    }
    frames.bytes += payload;
    frames.are_whole = frames.are_whole && !is_raw && form != Form::wrong;
  }
  return frames;
}

}  // namespace parley::fuzz
