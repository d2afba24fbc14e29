// SPDX-License-Identifier: Apache-2.0
//
// The search through a graph against OpenFst's own shortest path, on random graphs that OpenFst
// wrote, with a beam wide enough to be exact.
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "operators/decode/fst_graph.h"
#include "operators/decode/wfst_decoder.h"

namespace parley::operators {
namespace {

TEST(WfstDecoder, FindsOpenFstsShortestPath) {
  const char* const program = std::getenv("PARLEY_OPENFST_REFERENCE");
  if (program == nullptr || !std::filesystem::exists(program)) {
    GTEST_SKIP() << "OpenFst is not installed (Debian: libfst-dev)";
  }
  constexpr int kCases = 400;
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "parley_openfst_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string command =
      "'" + std::string(program) + "' '" + folder.string() + "' " + std::to_string(kCases);
  ASSERT_EQ(std::system(command.c_str()), 0);
  int with_path = 0;
  for (int number = 0; number < kCases; ++number) {
    SCOPED_TRACE(number);
    const std::string base = (folder / std::to_string(number)).string();
    Result<FstGraph> graph = FstGraph::read(base + ".fst");
    ASSERT_TRUE(graph) << graph.error().message;
    std::ifstream file(base + ".txt");
    std::size_t rows = 0, tokens = 0;
    file >> rows >> tokens;
    WfstDecoder decoder(std::make_shared<const FstGraph>(std::move(*graph)), tokens,
                        {.beam = 1e6F, .active_max = 10'000});
    std::vector<float> row(tokens);
    for (std::size_t t = 0; t < rows; ++t) {
      for (float& value : row) file >> value;
      decoder.advance(row);
    }
    int found = 0;
    float cost = 0.0F;
    std::size_t count = 0;
    file >> found >> cost >> count;
    std::vector<std::int32_t> expected(count);
    for (std::int32_t& label : expected) file >> label;
    ASSERT_TRUE(file);
    if (found == 0) {
      EXPECT_TRUE(decoder.counters().misfits > 0 || !std::isfinite(decoder.best_cost(true)));
      continue;
    }
    ++with_path;
    EXPECT_EQ(decoder.counters().misfits, 0U);
    EXPECT_NEAR(decoder.best_cost(true), cost, 1e-3F);
    std::vector<std::int32_t> labels;
    decoder.best(labels, true);
    EXPECT_EQ(labels, expected);
  }
  EXPECT_GT(with_path, kCases / 8);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace parley::operators
