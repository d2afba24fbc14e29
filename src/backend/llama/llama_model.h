// SPDX-License-Identifier: Apache-2.0
//
// A GGUF model file as llama.cpp loads it (memory-mapped), with its vocabulary and chat template.
//
// Threads: immutable once loaded.
#pragma once

#include <memory>
#include <string>

#include "backend/llama/chat_renderer.h"
#include "backend/llama/vocabulary.h"
#include "base/result.h"

struct llama_model;
struct llama_vocab;

namespace parley::backend {

class LlamaModel final : public Vocabulary {
 public:
  /// Errors: not_found (no file), data_corrupt (no model file, or a damaged one),
  /// failed_precondition (a model without a chat template, or one that we cannot use; no code for
  /// this CPU).
  [[nodiscard]] static Result<std::unique_ptr<LlamaModel>> load(const std::string& path);
  ~LlamaModel() override;
  LlamaModel(const LlamaModel&) = delete;
  LlamaModel& operator=(const LlamaModel&) = delete;

  void append_plain(std::string_view text, std::vector<Token>& out) const override;
  void append_markup(std::string_view text, std::vector<Token>& out) const override;
  void append_piece(Token token, std::string& out) const override;
  [[nodiscard]] bool ends_turn(Token token) const override;

  /// Empty: ChatML.
  [[nodiscard]] TemplateEngine template_engine() const;
  /// `general.name` of the file, or the file's name.
  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::int32_t context_tokens() const noexcept;  // that it was trained on
  [[nodiscard]] llama_model* get() const noexcept { return model_; }
  [[nodiscard]] const llama_vocab* vocabulary() const noexcept { return vocabulary_; }

 private:
  LlamaModel(llama_model* model, std::string path);
  [[nodiscard]] Status check_template() const;
  void append(std::string_view text, bool is_markup, std::vector<Token>& out) const;

  llama_model* model_;
  const llama_vocab* vocabulary_;
  std::string path_;
};

}  // namespace parley::backend
