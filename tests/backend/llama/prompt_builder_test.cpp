// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/prompt_builder.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/backend/listener.h"
#include "tests/backend/llama/fake_decoder.h"

namespace parley::backend {
namespace {

using Kind = model::LlmToolChoice::Kind;
using Role = model::LlmMessage::Role;

class Building : public testing::Test {
 protected:
  Building() {
    prompt.messages = {message(Role::system, "Sys."), message(Role::user, "Hi.")};
    prompt.tools = {{"f", "Does f.", "{}"}, {"g", "", ""}};
  }
  Result<BuiltPrompt> build() { return build_prompt(vocabulary, renderer, prompt, limits); }

  FakeVocabulary vocabulary;
  ChatRenderer renderer{vocabulary};
  model::LlmPrompt prompt;
  PromptLimits limits;
};

TEST_F(Building, EndsInTheHeadOfTheReply) {
  const auto built = build();
  ASSERT_TRUE(built);
  EXPECT_EQ(readable(built->tokens), "<system\nSys.>\n<user\nHi.>\n<assistant\n");
  EXPECT_EQ(built->system_size, 14U);
  EXPECT_TRUE(built->call_tools.empty()) << "the model is not asked to decide";
}

TEST_F(Building, AsksForAForcedCallAtTheEnd) {
  prompt.tool_choice = {Kind::function, "f"};
  const auto built = build();
  ASSERT_TRUE(built);
  const std::string text = readable(built->tokens);
  EXPECT_TRUE(text.starts_with("<system\nSys.>\n<user\nHi.>\n<system\nCall this function now."));
  EXPECT_NE(text.find("Function f: Does f."), std::string::npos);
  EXPECT_TRUE(text.ends_with("<assistant\n{\"name\": \"f\", \"arguments\":")) << text;
  EXPECT_EQ(built->call_tools.size(), 1U);
}

TEST_F(Building, LeavesTheNameOpenWhenAnyWillDo) {
  prompt.tool_choice.kind = Kind::required;
  const auto built = build();
  ASSERT_TRUE(built);
  EXPECT_TRUE(readable(built->tokens).ends_with("<assistant\n{\"name\": \""));
  EXPECT_EQ(built->call_tools.size(), 2U);
}

/// Ten turns of the same length after the instructions.
class Truncating : public Building {
 protected:
  Truncating() {
    prompt.tools.clear();
    for (int i = 0; i < 9; ++i) {
      prompt.messages.push_back(message(Role::user, "turn " + std::to_string(i)));
    }
    for (const model::LlmMessage& one : prompt.messages) {
      total += static_cast<std::int64_t>(renderer.count(one));
    }
    limits.reply_tokens = 0;
  }
  /// Messages in the prompt that was built, the instructions included.
  std::ptrdiff_t kept() {
    const auto built = build();
    if (!built) return -1;
    const std::string text = readable(built->tokens);
    return std::count(text.begin(), text.end(), '<') - 1;
  }
  std::int64_t total = 0;
};

TEST_F(Truncating, DisabledFailsInsteadOfForgetting) {
  prompt.truncation.kind = model::LlmTruncation::Kind::disabled;
  limits.context_tokens = total;
  EXPECT_EQ(kept(), 11);
  limits.context_tokens = total - 1;
  const auto built = build();
  EXPECT_EQ(built.error().code, ErrorCode::resource_exhausted);
  EXPECT_NE(built.error().message.find("truncation is disabled"), std::string::npos);
}

TEST_F(Truncating, ARatioSaysHowMuchStays) {
  prompt.truncation.kind = model::LlmTruncation::Kind::retention_ratio;
  limits.context_tokens = total - 1;
  prompt.truncation.retention_ratio = 1.0;
  EXPECT_EQ(kept(), 10) << "one message is enough";
  prompt.truncation.retention_ratio = 0.5;
  EXPECT_LE(kept(), 6);
  EXPECT_GE(kept(), 5);
}

TEST_F(Truncating, TheConversationMayHaveALimitOfItsOwn) {
  prompt.truncation.kind = model::LlmTruncation::Kind::retention_ratio;
  prompt.truncation.post_instructions_max =
      static_cast<std::int32_t>(3 * renderer.count(message(Role::user, "turn 1")));
  EXPECT_EQ(kept(), 4);
}

TEST_F(Building, RefusesAChoiceThatIsNone) {
  prompt.tool_choice = {Kind::function, "h"};
  EXPECT_EQ(build().error().code, ErrorCode::invalid_argument);
  prompt.tool_choice.kind = Kind::required;
  prompt.tools.clear();
  EXPECT_EQ(build().error().code, ErrorCode::invalid_argument);
  prompt.tool_choice.kind = Kind::automatic;
  prompt.messages.clear();
  EXPECT_EQ(build().error().code, ErrorCode::invalid_argument);
}

TEST_F(Building, DropsTheOldestWhenItIsTooLong) {
  limits = {.context_tokens = 100, .reply_tokens = 20};
  for (int i = 0; i < 20; ++i) prompt.messages.push_back(message(Role::user, "another"));
  prompt.messages.push_back(message(Role::user, "newest"));
  const std::string text = readable(build()->tokens);
  EXPECT_TRUE(text.starts_with("<system\nSys.>\n<user\nanother>"));
  EXPECT_TRUE(text.ends_with("<user\nnewest>\n<assistant\n"));
  EXPECT_LE(text.size(), 100U);
}

TEST_F(Building, SaysHowMuchTooLongANewestItemIs) {
  limits = {.context_tokens = 100, .reply_tokens = 20};
  prompt.messages.push_back(message(Role::user, std::string(200, 'x')));
  const auto built = build();
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, ErrorCode::resource_exhausted);
  EXPECT_NE(built.error().message.find("80"), std::string::npos) << built.error().message;
}

TEST_F(Building, AnnouncesWhatMostLikelyComesNext) {
  EXPECT_TRUE(readable(build_prefix(renderer, prompt, limits).tokens).ends_with("<assistant\n"));
  prompt.messages.push_back(message(Role::assistant, "Yes?"));
  EXPECT_TRUE(readable(build_prefix(renderer, prompt, limits).tokens).ends_with("<user\n"));
  prompt.messages.clear();
  EXPECT_TRUE(build_prefix(renderer, prompt, limits).tokens.empty());
}

}  // namespace
}  // namespace parley::backend
