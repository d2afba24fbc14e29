// SPDX-License-Identifier: Apache-2.0
//
// A list of messages into the tokens that a model was trained on.
//
// ChatML (SmolLM2, Qwen and many more) is written here by hand. Other templates are rendered by
// llama.cpp, from messages whose texts are replaced by marks: the template's own text is tokenised
// as markup, what stands at the marks as plain text. Neither way lets a text forge a turn.
//
// Threads: immutable once made.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "backend/llama/vocabulary.h"
#include "model/llm_model.h"

namespace parley::backend {

/// What a template engine renders: role and text.
struct TemplateMessage {
  std::string role;
  std::string text;
};
/// Renders all messages, with the head of the assistant's turn when the flag is set; an empty
/// string when the template is not understood.
using TemplateEngine = std::function<std::string(std::span<const TemplateMessage>, bool)>;

class ChatRenderer {
 public:
  /// ChatML when `engine` is empty. `vocabulary` must outlive this.
  explicit ChatRenderer(const Vocabulary& vocabulary, TemplateEngine engine = {});

  /// What comes after the messages.
  enum class Tail : std::uint8_t {
    none,
    user,       // the head of a user's turn: what most likely comes next while nobody speaks
    assistant,  // the head of the reply
  };
  [[nodiscard]] std::vector<Token> render(std::span<const model::LlmMessage> messages,
                                          Tail tail) const;
  /// How many tokens one message takes; for other templates than ChatML a close upper bound.
  [[nodiscard]] std::size_t count(const model::LlmMessage& message) const;

 private:
  void append_chatml(const model::LlmMessage& message, std::vector<Token>& out) const;
  [[nodiscard]] std::vector<Token> render_by_engine(std::span<const model::LlmMessage> messages,
                                                    Tail tail) const;

  const Vocabulary& vocabulary_;
  TemplateEngine engine_;
};

}  // namespace parley::backend
