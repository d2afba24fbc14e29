// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/llama_log.h"

#include <llama.h>

#include "base/log.h"

namespace parley::backend {
namespace {

constexpr std::size_t kErrorBytesMax = 500;

thread_local LlamaErrors* collecting = nullptr;
// Messages come in pieces; one is whole when it ends in a newline.
thread_local std::string message;
thread_local ggml_log_level message_level = GGML_LOG_LEVEL_NONE;

}  // namespace

void collect_llama_error(const std::string& line) {
  if (collecting == nullptr || collecting->text_.size() > kErrorBytesMax) return;
  if (!collecting->text_.empty()) collecting->text_ += "; ";
  collecting->text_ += line;
}

namespace {

void take(ggml_log_level level, const char* text, void*) {
  if (level != GGML_LOG_LEVEL_CONT) message_level = level;
  message += text;
  if (!message.ends_with('\n')) return;
  message.erase(message.find_last_not_of('\n') + 1);
  if (message_level == GGML_LOG_LEVEL_ERROR) collect_llama_error(message);
  if (message_level >= GGML_LOG_LEVEL_WARN) log::debug("llama.cpp", {{"message", message}});
  message.clear();
}

}  // namespace

void redirect_llama_log() { llama_log_set(take, nullptr); }

LlamaErrors::LlamaErrors() : outer_(collecting) { collecting = this; }
LlamaErrors::~LlamaErrors() { collecting = outer_; }

}  // namespace parley::backend
