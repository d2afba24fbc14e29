// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/chat_renderer.h"

#include <string_view>
#include <utility>

namespace parley::backend {
namespace {

using model::LlmMessage;
using Role = LlmMessage::Role;

// Control characters that no template contains; a text that does contains plain text only.
constexpr std::string_view kMark = "\x01\x02";
// What a foreign template may put around one message.
constexpr std::size_t kTemplateTokensPerMessage = 16;

std::string_view chatml_role(Role role) {
  switch (role) {
    case Role::system:
      return "system";
    case Role::user:
      return "user";
    case Role::assistant:
      return "assistant";
    case Role::tool:
      return "tool";
  }
  return "user";
}

/// Templates differ in what they know of tools; all know the other three.
std::string_view template_role(Role role) {
  return role == Role::tool ? "user" : chatml_role(role);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// A message's text; calls are written as the JSON that the model was asked for when it made them.
std::string content_of(const LlmMessage& message) {
  std::string content(trimmed(message.text));
  for (const model::LlmToolCall& call : message.tool_calls) {
    if (!content.empty()) content += '\n';
    content += R"({"name": ")" + call.name + R"(", "arguments": )" + call.arguments + "}";
  }
  return content;
}

}  // namespace

ChatRenderer::ChatRenderer(const Vocabulary& vocabulary, TemplateEngine engine)
    : vocabulary_(vocabulary), engine_(std::move(engine)) {}

std::vector<Token> ChatRenderer::render(std::span<const LlmMessage> messages, Tail tail) const {
  if (engine_) return render_by_engine(messages, tail);
  std::vector<Token> tokens;
  for (const LlmMessage& message : messages) append_chatml(message, tokens);
  if (tail != Tail::none) {
    vocabulary_.append_markup("<|im_start|>", tokens);
    vocabulary_.append_plain(tail == Tail::user ? "user\n" : "assistant\n", tokens);
  }
  return tokens;
}

std::size_t ChatRenderer::count(const LlmMessage& message) const {
  std::vector<Token> tokens;
  if (!engine_) {
    append_chatml(message, tokens);
    return tokens.size();
  }
  vocabulary_.append_plain(content_of(message), tokens);
  return tokens.size() + kTemplateTokensPerMessage;
}

void ChatRenderer::append_chatml(const LlmMessage& message, std::vector<Token>& out) const {
  vocabulary_.append_markup("<|im_start|>", out);
  // One piece of text, as it was in training: "user\n" and what follows share a pre-tokeniser run.
  std::string text(chatml_role(message.role));
  text += '\n';
  text += content_of(message);
  vocabulary_.append_plain(text, out);
  vocabulary_.append_markup("<|im_end|>", out);
  vocabulary_.append_plain("\n", out);
}

std::vector<Token> ChatRenderer::render_by_engine(std::span<const LlmMessage> messages,
                                                  Tail tail) const {
  std::vector<TemplateMessage> marked;
  marked.reserve(messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    marked.push_back({std::string(template_role(messages[i].role)),
                      std::string(kMark) + std::to_string(i) + std::string(kMark)});
  }
  const std::string frame = engine_(marked, tail == Tail::assistant);
  std::vector<Token> tokens;
  std::size_t at = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const std::size_t mark = frame.find(marked[i].text, at);
    // Some templates merge the system message into another turn or leave it out.
    if (mark == std::string::npos) continue;
    vocabulary_.append_markup(std::string_view(frame).substr(at, mark - at), tokens);
    vocabulary_.append_plain(content_of(messages[i]), tokens);
    at = mark + marked[i].text.size();
  }
  vocabulary_.append_markup(std::string_view(frame).substr(at), tokens);
  return tokens;
}

}  // namespace parley::backend
