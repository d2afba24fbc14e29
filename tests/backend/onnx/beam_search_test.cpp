// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/beam_search.h"

#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Tokens = std::vector<std::int64_t>;

constexpr std::int64_t kEnd = 0;

/// A model: the probabilities of the next token after a beginning.
using Model = std::function<std::vector<double>(const Tokens&)>;

struct Outcome {
  Tokens best;
  std::size_t steps = 0;
  std::size_t rows_max = 0;
  std::vector<BeamSearch::Choice> choices;
  BeamSearch::Ending ending = BeamSearch::Ending::token;
};

Outcome search_in(const Model& model, BeamSearch::Options options) {
  options.end = kEnd;
  BeamSearch search(options);
  Outcome outcome;
  while (!search.beams().empty()) {
    std::vector<float> scores;
    std::size_t vocabulary = 0;
    for (const BeamSearch::Beam& beam : search.beams()) {
      const std::vector<double> row = model(beam.tokens);
      vocabulary = row.size();
      // Logits are probabilities up to a factor: any will do.
      for (const double p : row) scores.push_back(static_cast<float>(std::log(p) + 5.0));
    }
    outcome.rows_max = std::max(outcome.rows_max, search.beams().size());
    search.advance(scores, vocabulary);
    ++outcome.steps;
  }
  outcome.best = search.best();
  outcome.choices = search.best_choices();
  outcome.ending = search.best_ending();
  return outcome;
}

/// 1 looks better at first, but only 2 goes on well: "1 3" has 0.55 x 0.4, "2 4" 0.45 x 0.97.
std::vector<double> trap(const Tokens& said) {
  if (said.empty()) return {1e-6, 0.55, 0.449, 1e-6, 1e-6};
  if (said.size() > 1) return {0.99, 0.0025, 0.0025, 0.0025, 0.0025};
  if (said[0] == 1) return {1e-6, 0.2, 0.2, 0.4, 0.199};
  return {1e-6, 0.01, 0.01, 0.01, 0.97};
}

TEST(BeamSearch, TellsHowLikelyEachTokenWasAndWhoseRowItWas) {
  const Outcome found = search_in(trap, {.width = 2, .tokens_max = 10});
  ASSERT_THAT(found.best, ElementsAre(2, 4));
  ASSERT_EQ(found.choices.size(), 3U) << "two tokens, and the end";
  EXPECT_NEAR(found.choices[0].logprob, std::log(0.449), 1e-3);
  EXPECT_NEAR(found.choices[1].logprob, std::log(0.97), 1e-3);
  EXPECT_NEAR(found.choices[2].logprob, std::log(0.99), 1e-3);
  EXPECT_EQ(found.choices[0].row, 0U);
  EXPECT_EQ(found.choices[1].row, 1U) << "at first the worse of two";
  EXPECT_EQ(found.choices[2].row, 0U);
}

TEST(BeamSearch, OneBeamIsGreedy) {
  EXPECT_THAT(search_in(trap, {.width = 1, .tokens_max = 10}).best, ElementsAre(1, 3));
}

TEST(BeamSearch, MoreBeamsFindWhatIsBestAsAWhole) {
  const Outcome outcome = search_in(trap, {.width = 3, .tokens_max = 10});
  EXPECT_THAT(outcome.best, ElementsAre(2, 4));
  EXPECT_EQ(outcome.ending, BeamSearch::Ending::token);
  EXPECT_LE(outcome.rows_max, 3U);
}

TEST(BeamSearch, ABeamThatIsMuchLessLikelyIsDropped) {
  EXPECT_THAT(search_in(trap, {.width = 3, .margin = 0.1F, .tokens_max = 10}).best,
              ElementsAre(1, 3));
}

TEST(BeamSearch, EndsWhenNoOpenBeamCanBeBetter) {
  const Model sure = [](const Tokens& said) {
    return said.size() < 2 ? std::vector<double>{0.01, 0.98, 0.01}
                           : std::vector<double>{0.98, 0.01, 0.01};
  };
  const Outcome outcome = search_in(sure, {.width = 3, .margin = 100.0F, .tokens_max = 50});
  EXPECT_THAT(outcome.best, ElementsAre(1, 1));
  EXPECT_EQ(outcome.steps, 3U);
}

TEST(BeamSearch, AnAnswerMayBeEmpty) {
  const Model silence = [](const Tokens&) { return std::vector<double>{0.9, 0.1}; };
  EXPECT_THAT(search_in(silence, {.width = 2, .tokens_max = 5}).best, IsEmpty());
}

TEST(BeamSearch, StopsAtTheLimitAndAtALoop) {
  const Model count = [](const Tokens& said) {
    std::vector<double> row(40, 1e-6);
    row[said.size() % 38 + 1] = 0.99;
    return row;
  };
  const Outcome counted = search_in(count, {.width = 3, .tokens_max = 20});
  EXPECT_EQ(counted.best.size(), 20U);
  EXPECT_EQ(counted.ending, BeamSearch::Ending::limit);
  const Model stuck = [](const Tokens&) { return std::vector<double>{1e-6, 0.999, 1e-6}; };
  const Outcome looped = search_in(stuck, {.width = 3, .tokens_max = 1000});
  EXPECT_THAT(looped.best, ElementsAre(1));
  EXPECT_EQ(looped.ending, BeamSearch::Ending::loop);
}

TEST(BeamSearch, LeansTowardsHotWordsAndTellsTheModelsOwnProbability) {
  const std::vector<std::string> pieces{"", " an", " ox", "d", "en"};
  const TokenIndex index(pieces.size(),
                         [&](std::int64_t id) { return pieces[static_cast<std::size_t>(id)]; });
  const Model model = [](const Tokens& said) -> std::vector<double> {
    if (said.empty()) return {1e-6, 0.8, 0.2, 1e-6, 1e-6};
    if (said.size() > 1) return {0.96, 0.01, 0.01, 0.01, 0.01};
    return said[0] == 1 ? std::vector<double>{1e-6, 1e-6, 1e-6, 0.99, 0.01}
                        : std::vector<double>{1e-6, 1e-6, 1e-6, 0.3, 0.7};
  };
  const BeamSearch::Options options{.width = 2, .margin = 4.0F, .tokens_max = 9};
  EXPECT_THAT(search_in(model, options).best, ElementsAre(1, 3)) << "and";
  BeamSearch::Options leaning = options;
  const HotWordTrie oxen(index, std::vector<std::string>{"oxen"});
  leaning.hot_words = &oxen;
  const Outcome leaned = search_in(model, leaning);
  EXPECT_THAT(leaned.best, ElementsAre(2, 4)) << "oxen";
  EXPECT_NEAR(leaned.choices[0].logprob, std::log(0.2), 1e-4);
  EXPECT_NEAR(leaned.choices[1].logprob, std::log(0.7), 1e-4);
  const HotWordTrie ox(index, std::vector<std::string>{"oxbow"});
  leaning.hot_words = &ox;
  EXPECT_THAT(search_in(model, leaning).best, ElementsAre(1, 3)) << "its beginning alone is not it";
}

TEST(BeamSearch, NamesTheRowThatEachBeamGoesOnFrom) {
  BeamSearch search({.width = 2, .margin = 100.0F, .tokens_max = 9, .end = kEnd});
  search.advance(std::vector<float>{-9.0F, 1.0F, 2.0F}, 3);
  ASSERT_EQ(search.beams().size(), 2U);
  EXPECT_THAT(search.beams()[0].tokens, ElementsAre(2));
  EXPECT_EQ(search.beams()[0].parent, 0U);
  // Now only the second row has anything likely.
  search.advance(std::vector<float>{0.0F, 0.0F, 0.0F, -9.0F, 5.0F, -9.0F}, 3);
  ASSERT_EQ(search.beams().size(), 1U);
  EXPECT_THAT(search.beams()[0].tokens, ElementsAre(1, 1));
  EXPECT_EQ(search.beams()[0].parent, 1U);
}

}  // namespace
}  // namespace parley::backend
