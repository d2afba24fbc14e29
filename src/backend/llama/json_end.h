// SPDX-License-Identifier: Apache-2.0
//
// Notices the end of a JSON object in a stream of text. Threads: one owner.
#pragma once

#include <string_view>

namespace parley::backend {

class JsonEnd {
 public:
  /// True when the outermost bracket was closed within `text`.
  bool push(std::string_view text) {
    for (const char c : text) {
      if (is_escaped_) {
        is_escaped_ = false;
      } else if (in_string_) {
        is_escaped_ = c == '\\';
        in_string_ = c != '"';
      } else if (c == '"') {
        in_string_ = true;
      } else if (c == '{' || c == '[') {
        ++depth_;
      } else if ((c == '}' || c == ']') && --depth_ == 0) {
        return true;
      }
    }
    return false;
  }

 private:
  int depth_ = 0;
  bool in_string_ = false;
  bool is_escaped_ = false;
};

}  // namespace parley::backend
