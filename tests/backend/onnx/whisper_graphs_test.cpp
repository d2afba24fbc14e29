// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/whisper_graphs.h"

#include <algorithm>
#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "tests/backend/onnx/whisper_toy.h"

namespace parley::backend {
namespace {

using test::WhisperToy;

constexpr std::size_t kFrames = 10;

std::int64_t best_of(std::span<const float> row) {
  return std::ranges::max_element(row) - row.begin();
}

TEST(WhisperGraphs, ARunReadsAPromptAndThenGoesOnWithBeams) {
  WhisperToy toy;
  toy.next = {{WhisperToy::begin, WhisperToy::english}, {WhisperToy::english, 5}, {5, 6}, {7, 8}};
  toy.aligns = true;
  const auto graphs = WhisperGraphs::load(toy.write());
  ASSERT_TRUE(graphs) << graphs.error().message;
  EXPECT_EQ(graphs->positions(), 448U);
  WhisperRun run(*graphs, nullptr);
  std::vector<float> features(80 * kFrames, 0.5F);
  ASSERT_TRUE(run.encode(features, kFrames));

  const std::array<std::int64_t, 2> prompt{WhisperToy::begin, WhisperToy::english};
  const auto read = run.read(prompt);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 2U * WhisperToy::count);
  EXPECT_EQ(best_of(read->first(WhisperToy::count)), WhisperToy::english);
  EXPECT_EQ(best_of(read->last(WhisperToy::count)), 5);

  const std::vector<BeamSearch::Beam> beams{{.parent = 0, .tokens = {5}},
                                            {.parent = 0, .tokens = {7}}};
  const auto step = run.step(beams);
  ASSERT_TRUE(step) << step.error().message;
  ASSERT_EQ(step->size(), 2U * WhisperToy::count);
  EXPECT_EQ(best_of(step->first(WhisperToy::count)), 6);
  EXPECT_EQ(best_of(step->last(WhisperToy::count)), 8);

  EXPECT_EQ(best_of(run.attention(0, 0)), 60) << "the prompt's last token listens for the fifth";
  EXPECT_EQ(best_of(run.attention(1, 1)), 90);
  EXPECT_TRUE(run.attention(1, 2).empty());
  EXPECT_TRUE(run.attention(2, 0).empty());
}

}  // namespace
}  // namespace parley::backend
