// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/hot_words.h"

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

std::string piece(std::int64_t id) { return id == 0 ? "" : id == 1 ? " svea" : " parley"; }

model::AsrHintsRef hints(std::vector<std::string> words) {
  return std::make_shared<model::AsrHints>(model::AsrHints{.hot_words = std::move(words)});
}

TEST(HotWords, AreThoseOfTheConfigurationAndOfTheCall) {
  const HotWords words(3, piece, {"Svea"});
  const auto own = words.of(nullptr);
  ASSERT_NE(own, nullptr);
  EXPECT_EQ(words.of(hints({})), own) << "made once";
  EXPECT_GT(own->step(0, 1).bonus, 0.0);
  EXPECT_EQ(own->step(0, 2).bonus, 0.0);
  const auto both = words.of(hints({"Parley"}));
  EXPECT_GT(both->step(0, 1).bonus, 0.0);
  EXPECT_GT(both->step(0, 2).bonus, 0.0);
}

TEST(HotWords, WithoutAnyThereIsNothingToLeanTo) {
  const HotWords words(3, piece, {});
  EXPECT_EQ(words.of(nullptr), nullptr);
  EXPECT_EQ(words.of(hints({})), nullptr);
  EXPECT_EQ(words.of(hints({" "})), nullptr);
  EXPECT_EQ(HotWords(3, piece, {""}).of(nullptr), nullptr);
}

}  // namespace
}  // namespace parley::backend
