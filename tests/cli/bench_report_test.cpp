// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_report.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/bench_code_words.h"
#include "cli/bench_loop.h"

namespace parley::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

BenchTurn answered(std::int64_t decision_ms) {
  BenchTurn turn;
  turn.number = 1;
  turn.clip = "clip";
  turn.speech_end = {Millis(1000)};
  turn.stopped = Instant{Millis(1500)};
  turn.first_audio = Instant{Millis(1500 + decision_ms)};
  turn.timeline = {.speech_end_ms = -490,
                   .transcript_ms = 20,
                   .first_token_ms = 60,
                   .first_clause_ms = 200,
                   .first_audio_ms = decision_ms - 2,
                   .moderation_ms = {}};
  return turn;
}

BenchTurn unanswered() {
  BenchTurn turn = answered(1);
  turn.problem = "no answer came";
  return turn;
}

BenchTurn split() {
  BenchTurn turn = answered(9000);
  turn.split = true;
  return turn;
}

TEST(BenchReport, PercentilesAreTimesThatWereMeasured) {
  const BenchFigure figure{"a", "a", {40, 10, 30, 20}};
  EXPECT_EQ(figure.percentile(0), 10);
  EXPECT_EQ(figure.percentile(0.5), 20);
  EXPECT_EQ(figure.percentile(0.95), 40);
  EXPECT_EQ(BenchFigure().percentile(0.5), 0);
}

TEST(BenchReport, ThreeTimesOfAnsweredTurns) {
  const std::vector<BenchTurn> turns{answered(300), unanswered(), split(), answered(400)};
  const auto figures = bench_figures(turns);
  ASSERT_EQ(figures.size(), 4U);
  EXPECT_EQ(figures[0].ms, (std::vector<double>{800, 900}));
  EXPECT_EQ(figures[1].ms, (std::vector<double>{300, 400}));
  EXPECT_EQ(figures[2].ms, (std::vector<double>{298, 398}));
  EXPECT_EQ(figures[3].ms, (std::vector<double>{500, 500}));
}

TEST(BenchReport, TheWaterfallAddsUp) {
  const std::vector<BenchTurn> turns{answered(300)};
  const auto stages = bench_waterfall(turns);
  std::vector<double> ms;
  for (const BenchFigure& stage : stages) ms.push_back(stage.ms.at(0));
  EXPECT_EQ(ms, (std::vector<double>{490, 20, 40, 140, 98, 2}));
}

TEST(BenchReport, AStageBeforeTheDecisionCostsNothingAfterIt) {
  BenchTurn turn = answered(300);
  turn.timeline.transcript_ms = -30;
  const auto stages = bench_waterfall(std::vector<BenchTurn>{turn});
  EXPECT_EQ(stages[1].ms.at(0), 0);
  EXPECT_EQ(stages[2].ms.at(0), 60);
}

TEST(BenchReport, ATurnWithoutAnAnswerFailsTheBench) {
  EXPECT_TRUE(bench_passed({.turns = {answered(1), split()}}));
  EXPECT_FALSE(bench_passed({.turns = {answered(1), unanswered()}}));
  EXPECT_FALSE(bench_passed({}));
  EXPECT_FALSE(
      bench_passed({.turns = {answered(1)}, .code_words = BenchCodeWords{1, {{0, 1, ""}}}}));
}

TEST(BenchReport, TheTableNamesWhatWentWrong) {
  BenchResult result{.sessions = 2, .seconds = 9, .turns = {answered(300), unanswered(), split()}};
  result.llm = protocol::LlmInfo{"tiny", true};
  const std::string good = bench_table(result);
  EXPECT_THAT(good, HasSubstr("3 turns in 9 s: 2 answered, 1 split"));
  EXPECT_THAT(good, HasSubstr("only exercises the pipeline"));
  EXPECT_THAT(good, HasSubstr("NOT ANSWERED  session 0 turn 1 (clip): no answer came"));
  EXPECT_THAT(good, Not(HasSubstr("GENERATOR WAS LATE")));
  result.late_p99_ms = 6;
  result.memory = BenchMemory{1000, 100'000'000, 500'000'000};
  result.code_words = BenchCodeWords{2, {{1, 1, "heard nothing"}}};
  const std::string bad = bench_table(result);
  EXPECT_THAT(bad, HasSubstr("GENERATOR WAS LATE"));
  EXPECT_THAT(bad, HasSubstr("0.400 MB each"));
  EXPECT_THAT(bad, HasSubstr("WRONG WORD  session 1 turn 1: heard nothing"));
}

TEST(BenchReport, Json) {
  BenchResult result{.sessions = 1, .turns = {answered(300), unanswered()}};
  result.code_words = BenchCodeWords{1, {{0, 1, "x"}}};
  result.memory = BenchMemory{10, 100, 300};
  const auto value = boost::json::parse(bench_json(result));
  EXPECT_FALSE(value.at("passed").as_bool());
  EXPECT_EQ(value.at("times_ms").at("decision_to_audio").at("p50").to_number<double>(), 300);
  EXPECT_EQ(value.at("waterfall_ms").at("transcript").at("p95").to_number<double>(), 20);
  EXPECT_EQ(value.at("turns").at(1).at("problem").as_string(), "no answer came");
  EXPECT_EQ(value.at("code_words").at("wrong").at(0).at("why").as_string(), "x");
  EXPECT_EQ(value.at("memory").at("bytes_per_session").to_number<double>(), 20);
}

TEST(BenchReport, LatenessOfFrames) {
  Lateness lateness;
  EXPECT_EQ(lateness.percentile_ms(0.99), 0);
  for (int i = 0; i < 99; ++i) lateness.add(Micros(120));
  lateness.add(Millis(7));
  EXPECT_DOUBLE_EQ(lateness.percentile_ms(0.5), 0.2);
  EXPECT_DOUBLE_EQ(lateness.percentile_ms(0.99), 0.2);
  EXPECT_DOUBLE_EQ(lateness.percentile_ms(1), 7.1);
  lateness.add(Millis(60'000));
  EXPECT_EQ(lateness.count(), 101U);
}

TEST(BenchCodeWords, OwnWordAndNoOther) {
  const std::vector<std::string_view> words{"garden", "window"};
  EXPECT_EQ(code_word_problem("The code word is Garden.", words, 0), "");
  EXPECT_THAT(code_word_problem("The code word is gardener.", words, 0), HasSubstr("did not hear"));
  EXPECT_THAT(code_word_problem("Garden, window.", words, 0), HasSubstr("of session 1"));
  EXPECT_THAT(code_word_problem("", words, 1), HasSubstr("did not hear 'window'"));
}

TEST(BenchCodeWords, ChecksWhatWasAnswered) {
  std::vector<BenchTurn> turns{answered(1), answered(1), unanswered()};
  turns[1].session = 1;
  for (BenchTurn& turn : turns) turn.audio.resize(turn.session + 1);
  const auto hear = [](std::span<const std::byte> audio) -> Result<std::string> {
    return std::string(code_words()[audio.size() - 1]);
  };
  const auto good = check_code_words(turns, 2, hear);
  ASSERT_TRUE(good);
  EXPECT_EQ(good->checked, 2U);
  EXPECT_TRUE(good->wrong.empty());
  turns[0].audio.resize(2);
  EXPECT_EQ(check_code_words(turns, 2, hear)->wrong.size(), 1U);
}

TEST(BenchCodeWords, AreDifferentWords) {
  for (std::size_t i = 0; i < code_words().size(); ++i) {
    EXPECT_NE(code_word_problem(code_words()[i], code_words(), (i + 1) % code_words().size()), "");
    EXPECT_EQ(code_word_problem(code_words()[i], code_words(), i), "");
  }
}

}  // namespace
}  // namespace parley::cli
