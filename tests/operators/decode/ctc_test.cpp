// SPDX-License-Identifier: Apache-2.0
//
// CTC decoding against the definition: the probabilities of all alignments, added up one by one.
#include <cmath>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "operators/decode/ctc_greedy.h"
#include "operators/decode/ctc_prefix_beam.h"
#include "operators/decode/history.h"
#include "tests/support/allocation_counter.h"

namespace parley::operators {
namespace {

using Labels = std::vector<std::int32_t>;
using Rows = std::vector<std::vector<float>>;

/// Log probabilities; `sharpness`: how sure the model is.
Rows random_rows(std::size_t rows, std::size_t tokens, std::uint64_t seed, double sharpness) {
  Random random(seed);
  Rows out(rows, std::vector<float>(tokens));
  for (auto& row : out) {
    double sum = 0.0;
    for (float& value : row) {
      value = static_cast<float>(sharpness * random.uniform());
      sum += std::exp(static_cast<double>(value));
    }
    for (float& value : row) value -= static_cast<float>(std::log(sum));
  }
  return out;
}

std::map<Labels, double> all_readings(const Rows& rows) {
  const std::size_t tokens = rows[0].size();
  std::map<Labels, double> sums;
  std::vector<std::size_t> path(rows.size(), 0);
  while (true) {
    double probability = 1.0;
    Labels labels;
    for (std::size_t t = 0; t < rows.size(); ++t) {
      probability *= std::exp(static_cast<double>(rows[t][path[t]]));
      if (path[t] != 0 && (t == 0 || path[t] != path[t - 1])) {
        labels.push_back(static_cast<std::int32_t>(path[t]));
      }
    }
    sums[labels] += probability;
    std::size_t t = 0;
    while (t < path.size() && ++path[t] == tokens) path[t++] = 0;
    if (t == path.size()) return sums;
  }
}

TEST(CtcPrefixBeam, WithAWideBeamIsExact) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Rows rows = random_rows(6, 4, seed, seed % 3 == 0 ? 1.0 : 4.0);
    const auto readings = all_readings(rows);
    const auto best = std::max_element(readings.begin(), readings.end(),
                                       [](auto& a, auto& b) { return a.second < b.second; });
    CtcPrefixBeam decoder({.beam = 256, .candidates = 4});
    for (const auto& row : rows) decoder.advance(row);
    Labels labels;
    decoder.best(labels, true);
    EXPECT_NEAR(std::exp(decoder.best_score()), best->second, 1e-5) << seed;
    EXPECT_NEAR(readings.at(labels), best->second, 1e-5) << seed;
  }
}

TEST(CtcPrefixBeam, FindsWhatGreedyMisses) {
  // Two alignments of "1" together beat the one of nothing.
  const Rows rows(2, {std::log(0.6F), std::log(0.4F)});
  CtcGreedy greedy;
  CtcPrefixBeam beam({});
  for (const auto& row : rows) {
    greedy.advance(row);
    beam.advance(row);
  }
  Labels labels;
  greedy.best(labels, true);
  EXPECT_EQ(labels, Labels{});
  beam.best(labels, true);
  EXPECT_EQ(labels, Labels{1});
  EXPECT_NEAR(std::exp(beam.best_score()), 0.64F, 1e-6F);
}

TEST(CtcPrefixBeam, ANarrowBeamStillReadsWhatIsClear) {
  Random random(3);
  Labels said;
  Rows rows;
  for (int i = 0; i < 500; ++i) {
    const auto token = static_cast<std::size_t>(1 + random.uniform() * 49.0);
    said.push_back(static_cast<std::int32_t>(token));
    for (const std::size_t now : {token, token, std::size_t{0}}) {
      std::vector<float> row(50, std::log(0.002F));
      row[now] = std::log(0.9F);
      rows.push_back(std::move(row));
    }
  }
  CtcPrefixBeam decoder({.beam = 4, .candidates = 5});
  Labels labels;
  decoder.best(labels, false);
  labels.reserve(1'000);
  const std::uint64_t before = test::allocations();
  for (const auto& row : rows) {
    decoder.advance(row);
    decoder.best(labels, false);
  }
  EXPECT_EQ(test::allocations(), before);
  EXPECT_EQ(labels, said);
  decoder.reset();
  decoder.best(labels, true);
  EXPECT_TRUE(labels.empty());
}

TEST(CtcPrefixBeam, AReadingGrowsNoLongerThanItMay) {
  CtcPrefixBeam decoder({.beam = 3, .candidates = 2, .labels_max = 10});
  std::vector<float> row{std::log(0.05F), std::log(0.9F), std::log(0.05F)};
  for (int i = 0; i < 200; ++i) {
    decoder.advance(row);
    std::swap(row[1], row[2]);
  }
  Labels labels;
  decoder.best(labels, true);
  EXPECT_LE(labels.size(), 10U);
  EXPECT_GE(labels.size(), 9U);
}

TEST(CtcGreedy, TakesOutRepetitionsAndBlanks) {
  CtcGreedy decoder;
  for (const int token : {0, 1, 1, 0, 1, 2, 2, 0, 0, 3}) {
    std::vector<float> row(4, -10.0F);
    row[static_cast<std::size_t>(token)] = 0.0F;
    decoder.advance(row);
  }
  Labels labels;
  decoder.best(labels, true);
  EXPECT_EQ(labels, (Labels{1, 1, 2, 3}));
}

TEST(History, SharesAndFreesWhatNobodyHolds) {
  History history(4);
  const History::Link a = history.add(History::kNone, 1);
  history.hold(a);
  const History::Link b = history.add(a, 2);
  history.hold(a);
  const History::Link c = history.add(a, 3);
  EXPECT_EQ(history.held(), 3U);
  Labels labels;
  history.read(c, labels);
  EXPECT_EQ(labels, (Labels{1, 3}));
  history.release(a);
  history.release(b);
  EXPECT_EQ(history.held(), 2U);  // c still needs a
  history.release(c);
  EXPECT_EQ(history.held(), 0U);
  for (int i = 0; i < 4; ++i) EXPECT_NE(history.add(History::kNone, i), History::kNone);
  EXPECT_TRUE(history.full());
  EXPECT_EQ(history.add(History::kNone, 9), History::kNone);
}

}  // namespace
}  // namespace parley::operators
