// SPDX-License-Identifier: Apache-2.0
#include "operators/decode/wfst_decoder.h"

#include <cmath>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "operators/decode/fst_graph.h"
#include "tests/operators/decode/fst_file.h"
#include "tests/support/allocation_counter.h"

namespace parley::operators {
namespace {

using test::FstState;
using testing::HasSubstr;

using Labels = std::vector<std::int32_t>;

std::shared_ptr<const FstGraph> graph_of(const std::vector<FstState>& states) {
  Result<FstGraph> graph = FstGraph::parse(test::vector_fst(states), "test");
  EXPECT_TRUE(graph) << (graph ? "" : graph.error().message);
  return std::make_shared<const FstGraph>(std::move(*graph));
}

/// Says 10 for "1 2" and 20 for "1 3"; state 3 is reached without a token.
std::vector<FstState> two_words() {
  return {{.arcs = {{1, 0, 0.5F, 1}}},
          {.arcs = {{2, 10, 0.0F, 2}, {3, 20, 0.25F, 2}, {1, 0, 0.0F, 1}}},
          {.arcs = {{0, 0, 0.125F, 3}}},
          {.final_cost = 1.0F}};
}

TEST(FstGraph, ReadsVectorAndConst) {
  for (const auto& bytes :
       {test::vector_fst(two_words()), test::vector_fst(two_words(), false),
        test::const_fst(two_words(), false), test::const_fst(two_words(), true)}) {
    const Result<FstGraph> graph = FstGraph::parse(bytes, "g");
    ASSERT_TRUE(graph) << graph.error().message;
    EXPECT_EQ(graph->states(), 4U);
    EXPECT_EQ(graph->arcs(), 5U);
    EXPECT_EQ(graph->input_max(), 3);
    EXPECT_EQ(graph->output_max(), 20);
    EXPECT_EQ(graph->final_cost(3), 1.0F);
    EXPECT_EQ(graph->final_cost(0), FstGraph::kNotFinal);
    EXPECT_EQ(graph->arcs_of(1)[1].output, 20);
    EXPECT_EQ(graph->arcs_of(1)[1].cost, 0.25F);
  }
}

TEST(FstGraph, SkipsSymbols) {
  test::FstBytes out = test::fst_header("vector", 2, 1 | 2, 1, 0);
  for (int table = 0; table < 2; ++table) {
    out.put(std::int32_t{2125658996}).word("words").put(std::int64_t{2}).put(std::int64_t{2});
    out.word("<eps>").put(std::int64_t{0}).word("one").put(std::int64_t{1});
  }
  out.put(0.5F).put(std::int64_t{0});
  const Result<FstGraph> graph = FstGraph::parse(out.bytes, "g");
  ASSERT_TRUE(graph) << graph.error().message;
  EXPECT_EQ(graph->final_cost(0), 0.5F);
}

TEST(FstGraph, EveryCutFileIsAnError) {
  for (const auto& whole : {test::vector_fst(two_words()), test::const_fst(two_words(), true),
                            test::const_fst(two_words(), false)}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const auto graph = FstGraph::parse(std::span(whole).first(length), "cut.fst");
      ASSERT_FALSE(graph) << length;
      EXPECT_THAT(graph.error().message, HasSubstr("cut.fst"));
      EXPECT_EQ(graph.error().code, ErrorCode::data_corrupt);
    }
  }
}

TEST(FstGraph, SaysWhatIsWrong) {
  const auto message = [](const std::vector<std::byte>& bytes) {
    const auto graph = FstGraph::parse(bytes, "g.fst");
    return graph ? std::string("accepted") : graph.error().message;
  };
  EXPECT_THAT(message({}), HasSubstr("ends inside the header"));
  EXPECT_THAT(message(test::fst_header("compact", 2, 0, 0, 0).bytes), HasSubstr("fstconvert"));
  EXPECT_THAT(message(test::fst_header("vector", 9, 0, 0, 0).bytes), HasSubstr("version 9"));
  EXPECT_THAT(message(test::fst_header("vector", 2, 0, 0, 0).bytes), HasSubstr("state 0 of 0"));
  EXPECT_THAT(message(test::fst_header("vector", 2, 0, -7, 0).bytes), HasSubstr("-7 states"));
  EXPECT_THAT(message(test::vector_fst({{.arcs = {{1, 1, 0.0F, 5}}}})), HasSubstr("state 5"));
  EXPECT_THAT(message(test::vector_fst({{.arcs = {{-1, 1, 0.0F, 0}}}})), HasSubstr("-1"));
  EXPECT_THAT(message(test::vector_fst({{.arcs = {{1, 1, std::nanf(""), 0}}}})), HasSubstr("arc"));
  test::FstBytes lying = test::fst_header("vector", 2, 0, 1, 0);
  lying.put(0.0F).put(std::int64_t{1} << 40U);
  EXPECT_THAT(message(lying.bytes), HasSubstr("a state of 1099511627776 arcs"));
  EXPECT_THAT(FstGraph::read("no/such.fst").error().message, HasSubstr("no/such.fst"));
}

TEST(WfstDecoder, FollowsTheCheapestPath) {
  WfstDecoder decoder(graph_of(two_words()), 3, {});
  decoder.advance(std::vector<float>{-0.1F, -3.0F, -3.0F});
  decoder.advance(std::vector<float>{-3.0F, -1.0F, -0.8F});
  Labels labels;
  decoder.best(labels, true);
  EXPECT_EQ(labels, Labels{10});  // 1.0 + 0 against 0.8 + 0.25
  EXPECT_NEAR(decoder.best_cost(true), 0.5F + 0.1F + 1.0F + 0.125F + 1.0F, 1e-6F);
  EXPECT_NEAR(decoder.best_cost(false), 0.5F + 0.1F + 1.0F, 1e-6F);
  decoder.reset();
  decoder.best(labels, true);
  EXPECT_TRUE(labels.empty());
}

TEST(WfstDecoder, ARowThatFitsNothingIsLeftOut) {
  WfstDecoder decoder(graph_of(two_words()), 3, {});
  decoder.advance(std::vector<float>{-0.1F, -3.0F, -3.0F});
  const float nothing = -std::numeric_limits<float>::infinity();
  decoder.advance(std::vector<float>(3, nothing));
  decoder.advance(std::vector<float>(3, std::nanf("")));
  EXPECT_EQ(decoder.counters().misfits, 2U);
  decoder.advance(std::vector<float>{-3.0F, -9.0F, -0.8F});
  Labels labels;
  decoder.best(labels, true);
  EXPECT_EQ(labels, Labels{20});
}

TEST(WfstDecoder, ACircleOfEpsilonsThatPaysEnds) {
  WfstDecoder decoder(graph_of({{.arcs = {{0, 5, -1.0F, 1}, {1, 0, 0.0F, 0}}},
                                {.final_cost = 0.0F, .arcs = {{0, 6, -1.0F, 0}}}}),
                      1, {.labels_max = 1'000});
  for (int i = 0; i < 10; ++i) decoder.advance(std::vector<float>{-0.1F});
  Labels labels;
  decoder.best(labels, true);
  EXPECT_LT(decoder.best_cost(false), 0.0F);
}

/// A graph in which every state goes everywhere.
std::vector<FstState> dense_graph(std::size_t count, std::int32_t tokens, std::uint64_t seed) {
  Random random(seed);
  std::vector<FstState> states(count);
  for (FstState& state : states) {
    state.final_cost = static_cast<float>(random.uniform());
    for (std::size_t next = 0; next < count; ++next) {
      const auto label = static_cast<std::int32_t>(1 + random.uniform() * tokens);
      state.arcs.push_back({std::min(label, tokens), static_cast<std::int32_t>(next),
                            static_cast<float>(random.uniform()), static_cast<std::int32_t>(next)});
    }
  }
  return states;
}

TEST(WfstDecoder, KeepsToItsLimitsAndAllocatesNothing) {
  constexpr std::int32_t kTokens = 8;
  WfstDecoder decoder(graph_of(dense_graph(200, kTokens, 5)), kTokens,
                      {.beam = 100.0F, .active_max = 10, .labels_max = 2'000});
  Random random(9);
  std::vector<std::vector<float>> rows(300, std::vector<float>(kTokens));
  for (auto& row : rows) {
    for (float& value : row) value = static_cast<float>(-3.0 * random.uniform());
  }
  Labels labels;
  labels.reserve(10'000);
  const std::uint64_t before = test::allocations();
  for (const auto& row : rows) {
    decoder.advance(row);
    decoder.best(labels, false);
  }
  EXPECT_EQ(test::allocations(), before);
  EXPECT_GT(decoder.counters().pruned, 0U);
  EXPECT_FALSE(labels.empty());
}

}  // namespace
}  // namespace parley::operators
