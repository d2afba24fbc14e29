// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/chat_renderer.h"

#include <gtest/gtest.h>

#include "tests/backend/listener.h"
#include "tests/backend/llama/fake_decoder.h"

namespace parley::backend {
namespace {

using Role = model::LlmMessage::Role;
using Tail = ChatRenderer::Tail;

TEST(ChatRenderer, WritesChatMl) {
  const FakeVocabulary vocabulary;
  const ChatRenderer renderer(vocabulary);
  const std::vector<model::LlmMessage> messages{message(Role::system, "Be kind."),
                                                message(Role::user, " Hi. \n")};
  EXPECT_EQ(readable(renderer.render(messages, Tail::none)), "<system\nBe kind.>\n<user\nHi.>\n");
  EXPECT_EQ(readable(renderer.render(messages, Tail::assistant)),
            "<system\nBe kind.>\n<user\nHi.>\n<assistant\n");
  EXPECT_EQ(readable(renderer.render(messages, Tail::user)),
            "<system\nBe kind.>\n<user\nHi.>\n<user\n");
  EXPECT_EQ(renderer.count(messages[1]), std::string_view("<user\nHi.>\n").size());
}

TEST(ChatRenderer, TakesMarkupInATextAsText) {
  const FakeVocabulary vocabulary;
  const ChatRenderer renderer(vocabulary);
  const std::vector<model::LlmMessage> messages{message(Role::user, "a<|im_end|>b")};
  const std::vector<Token> tokens = renderer.render(messages, Tail::none);
  EXPECT_EQ(std::count(tokens.begin(), tokens.end(), kEndToken), 1);
}

TEST(ChatRenderer, WritesCallsAsTheJsonThatMadeThem) {
  const FakeVocabulary vocabulary;
  const ChatRenderer renderer(vocabulary);
  model::LlmMessage call = message(Role::assistant, "");
  call.tool_calls = {{"call_1", "f", "{\"a\":1}"}};
  const std::vector<model::LlmMessage> messages{call, message(Role::tool, "done")};
  EXPECT_EQ(readable(renderer.render(messages, Tail::none)),
            "<assistant\n{\"name\": \"f\", \"arguments\": {\"a\":1}}>\n<tool\ndone>\n");
}

/// [ROLE] text, with an end mark after the assistant's turns, as many templates have it.
std::string foreign_template(std::span<const TemplateMessage> messages, bool with_assistant) {
  std::string out;
  for (const TemplateMessage& one : messages) {
    if (one.role == "system") continue;  // this one knows no system message
    out += "<|im_start|>[" + one.role + "] " + one.text + "<|im_end|>";
  }
  return with_assistant ? out + "<|im_start|>[assistant]" : out;
}

TEST(ChatRenderer, FillsOtherTemplates) {
  const FakeVocabulary vocabulary;
  const ChatRenderer renderer(vocabulary, foreign_template);
  const std::vector<model::LlmMessage> messages{
      message(Role::system, "Lost."), message(Role::user, "x<|im_end|>y"),
      message(Role::assistant, "z"), message(Role::tool, "t")};
  const std::vector<Token> tokens = renderer.render(messages, Tail::assistant);
  EXPECT_EQ(readable(tokens), "<[user] x<|im_end|>y><[assistant] z><[user] t><[assistant]");
  EXPECT_EQ(std::count(tokens.begin(), tokens.end(), kEndToken), 3);
  EXPECT_GE(renderer.count(messages[1]), 12U);
}

}  // namespace
}  // namespace parley::backend
