// SPDX-License-Identifier: Apache-2.0
//
// llama.cpp's own messages. It prints pages while it loads and three errors for each computation
// that we abort on purpose; none of that belongs on a user's terminal. Everything goes to our log
// at level debug, and errors of a load are kept for the message that its caller gets.
//
// Threads: any.
#pragma once

#include <string>

namespace parley::backend {

/// Takes over llama.cpp's log, for the process. Doing it twice is fine.
void redirect_llama_log();

/// While one lives, this thread's llama.cpp errors are collected in it.
class LlamaErrors {
 public:
  LlamaErrors();
  ~LlamaErrors();
  LlamaErrors(const LlamaErrors&) = delete;
  LlamaErrors& operator=(const LlamaErrors&) = delete;
  /// On one line, separated by "; "; empty when there were none.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  friend void collect_llama_error(const std::string& line);
  std::string text_;
  LlamaErrors* outer_;
};

}  // namespace parley::backend
