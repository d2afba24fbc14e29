// SPDX-License-Identifier: Apache-2.0
#include "operators/tts/spoken_text_operator.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::TextDelta;

TextDelta delta(std::string text, bool is_last = false) {
  TextDelta out;
  out.head.turn = {1};
  out.head.is_last = is_last;
  out.text = std::move(text);
  return out;
}

class SpokenTextOperatorTest : public ::testing::Test {
 protected:
  void open(text::TextOptions options) {
    harness_ = std::make_unique<test::OperatorHarness>(
        std::make_unique<SpokenTextOperator>(std::move(options)));
    ASSERT_TRUE(harness_->open());
    harness_->set_turn({1});
  }
  std::vector<TextDelta> say(TextDelta text) {
    harness_->feed("text", std::move(text));
    harness_->run();
    return harness_->read<TextDelta>("clauses");
  }
  std::unique_ptr<test::OperatorHarness> harness_;
};

TEST_F(SpokenTextOperatorTest, SaysNumbersAsPeopleDoAndKeepsWhatWasWritten) {
  open({});
  const std::vector<TextDelta> clauses = say(delta("There are 21. ", true));
  ASSERT_EQ(clauses.size(), 2U);
  EXPECT_EQ(clauses[0].text, "There are 21.");
  ASSERT_NE(clauses[0].spoken, nullptr);
  EXPECT_EQ(clauses[0].spoken->text, "There are twenty-one.");
  EXPECT_FALSE(clauses[0].spoken->spans.empty());
  EXPECT_TRUE(clauses[1].head.is_last);
  EXPECT_EQ(clauses[1].spoken, nullptr);
}

TEST_F(SpokenTextOperatorTest, ATextEndsAndAnotherBegins) {
  open({});
  EXPECT_TRUE(say(delta("No full stop")).empty()) << "more may follow";
  EXPECT_EQ(say(delta("", true)).size(), 2U);
  const std::vector<TextDelta> second = say(delta("Another one.", true));
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[0].text, "Another one.");
}

TEST_F(SpokenTextOperatorTest, PausesAndPaceComeFromSsml) {
  open({.ssml = true});
  const std::vector<TextDelta> clauses = say(delta(
      "<speak>One.<break time=\"500ms\"/><prosody rate=\"50%\">Two.</prosody></speak>", true));
  ASSERT_EQ(clauses.size(), 3U);
  EXPECT_EQ(clauses[1].spoken->text, "Two.");
  EXPECT_EQ(clauses[1].spoken->pause_before.ms(), 500);
  EXPECT_EQ(clauses[1].spoken->rate, 0.5F);
}

TEST_F(SpokenTextOperatorTest, TextThatIsNoneIsAnError) {
  open({});
  say(delta("abc\xFF"));
  const auto errors = harness_->errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].error.code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace parley::operators
