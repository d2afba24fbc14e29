// SPDX-License-Identifier: Apache-2.0
//
// Cuts a stream of bytes into whole UTF-8 characters. Models and networks cut text anywhere, also
// in the middle of a character; what speaks or shows the text wants whole ones. Bytes that can
// never become a character turn into U+FFFD, one per byte.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace parley::backend {

class Utf8Assembler {
 public:
  /// Appends to `out` all characters that are complete; keeps at most three bytes back.
  void push(std::string_view bytes, std::string& out) {
    for (const char byte : bytes) take(static_cast<unsigned char>(byte), out);
  }
  /// The stream has ended: what was kept back is no character.
  void finish(std::string& out) {
    for (std::size_t i = 0; i < kept_.size(); ++i) out += kReplacement;
    kept_.clear();
  }

 private:
  static constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

  void take(unsigned char byte, std::string& out) {
    if (!kept_.empty()) {
      if (continues(byte)) {
        kept_ += static_cast<char>(byte);
        if (kept_.size() == wanted_) {
          out += kept_;
          kept_.clear();
        }
        return;
      }
      finish(out);
    }
    wanted_ = length_of(byte);
    if (wanted_ == 1) {
      out += static_cast<char>(byte);
    } else if (wanted_ == 0) {
      out += kReplacement;
    } else {
      kept_ += static_cast<char>(byte);
    }
  }

  /// Bytes of the character that `lead` begins; 0: none does (RFC 3629 §4).
  static std::size_t length_of(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    if (lead < 0xE0) return 2;
    return lead < 0xF0 ? 3 : 4;
  }

  /// Overlong forms, surrogates and values past U+10FFFF show in the second byte.
  [[nodiscard]] bool continues(unsigned char byte) const {
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (kept_.size() == 1) {
      switch (static_cast<unsigned char>(kept_[0])) {
        case 0xE0:
          low = 0xA0;
          break;
        case 0xED:
          high = 0x9F;
          break;
        case 0xF0:
          low = 0x90;
          break;
        case 0xF4:
          high = 0x8F;
          break;
        default:
          break;
      }
    }
    return byte >= low && byte <= high;
  }

  std::string kept_;
  std::size_t wanted_ = 0;
};

}  // namespace parley::backend
