// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/token_sampler.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

/// Allows a set of tokens and counts how many candidates it was asked about.
class SetGate final : public TokenGate {
 public:
  explicit SetGate(std::set<Token> tokens) : tokens_(std::move(tokens)) {}
  void test(std::span<const Token> candidates, std::vector<bool>& allowed) override {
    allowed.clear();
    for (const Token token : candidates) allowed.push_back(tokens_.contains(token));
    asked += candidates.size();
  }
  void accept(Token) override {}
  std::size_t asked = 0;

 private:
  std::set<Token> tokens_;
};

TEST(TokenSampler, TakesTheLikeliest) {
  TokenSampler sampler({});
  std::vector<float> logits{0.1F, 3.0F, 2.0F};
  EXPECT_EQ(sampler.choose(logits, {}, nullptr), 1);
}

TEST(TokenSampler, AsksTheGateAboutTheBestFirst) {
  TokenSampler sampler({});
  std::vector<float> logits(1000, 0.0F);
  logits[7] = 5.0F;
  SetGate gate({7});
  EXPECT_EQ(sampler.choose(logits, {}, &gate), 7);
  EXPECT_EQ(gate.asked, 1U);
}

TEST(TokenSampler, AsksAboutEverythingOnlyWhenItMust) {
  TokenSampler sampler({});
  std::vector<float> logits(1000);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i);
  SetGate near({990, 3});
  EXPECT_EQ(sampler.choose(logits, {}, &near), 990);
  EXPECT_LT(near.asked, 100U);
  SetGate far({3});
  EXPECT_EQ(sampler.choose(logits, {}, &far), 3);
  SetGate none({});
  EXPECT_EQ(sampler.choose(logits, {}, &none), -1);
}

TEST(TokenSampler, PenalisesWhatWasJustSaid) {
  TokenSampler sampler({.repetition_penalty = 2.0F});
  std::vector<float> logits{3.0F, 2.0F, -1.0F};
  EXPECT_EQ(sampler.choose(logits, std::vector<Token>{0, 0, 2}, nullptr), 1);
  EXPECT_FLOAT_EQ(logits[0], 1.5F) << "once, however often it was said";
  EXPECT_FLOAT_EQ(logits[2], -2.0F);
}

TEST(TokenSampler, DrawsTheSameForTheSameSeed) {
  const auto draw = [](std::uint64_t seed) {
    TokenSampler sampler({.temperature = 1.0F, .seed = seed});
    std::vector<Token> drawn;
    for (int i = 0; i < 50; ++i) {
      std::vector<float> logits{1.0F, 1.1F, 0.9F, 1.0F};
      drawn.push_back(sampler.choose(logits, {}, nullptr));
    }
    return drawn;
  };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
}

TEST(TokenSampler, DrawsOnlyFromTheLikely) {
  TokenSampler sampler({.temperature = 1.0F, .seed = 3, .candidates_max = 2});
  for (int i = 0; i < 200; ++i) {
    std::vector<float> logits{1.0F, 1.1F, 0.9F, 1.0F};
    const Token token = sampler.choose(logits, {}, nullptr);
    EXPECT_TRUE(token == 1 || token == 0) << token;
  }
}

TEST(IsLooping, NoticesRunsThatRepeat) {
  const std::vector<Token> loop{9, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4};
  EXPECT_TRUE(is_looping(loop, 3, 4));
  EXPECT_FALSE(is_looping(loop, 4, 4));
  EXPECT_FALSE(is_looping(std::span(loop).first(12), 3, 4));
  EXPECT_FALSE(is_looping(std::vector<Token>(11, 5), 3, 4)) << "too short to be sure";
  EXPECT_TRUE(is_looping(std::vector<Token>(12, 5), 3, 4));
  EXPECT_FALSE(is_looping({}, 3, 4));
}

}  // namespace
}  // namespace parley::backend
