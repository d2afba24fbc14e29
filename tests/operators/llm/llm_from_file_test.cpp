// SPDX-License-Identifier: Apache-2.0
#include "operators/llm/llm_from_file.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "model/unloaded_hosts.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

class KeepingHost final : public model::LlmHost {
 public:
  bool submit(std::shared_ptr<model::LlmCall> call) override {
    kept.push_back(std::move(call));
    return true;
  }
  void prepare(model::LlmPrompt /*prompt*/) override {}
  void forget(std::uint64_t /*session*/) noexcept override {}
  [[nodiscard]] std::string name() const override { return "keeping"; }
  std::vector<std::shared_ptr<model::LlmCall>> kept;
};

media::Transcript heard(std::string text, bool is_final = true) {
  media::Transcript transcript;
  transcript.text = std::move(text);
  transcript.is_final = is_final;
  return transcript;
}

TEST(LlmFromFile, AnswersOneTranscriptAfterAnother) {
  KeepingHost host;
  test::OperatorHarness harness(
      std::make_unique<LlmFromFile>(host, LlmFromFile::Options{.instructions = "Be brief."}));
  ASSERT_TRUE(harness.open());
  harness.feed("prompt", heard("not yet", false));
  harness.feed("prompt", heard(""));
  harness.feed("prompt", heard("first"));
  harness.feed("prompt", heard("second"));
  harness.run();
  ASSERT_EQ(host.kept.size(), 1U);
  ASSERT_EQ(host.kept[0]->prompt.messages.size(), 2U);
  EXPECT_EQ(host.kept[0]->prompt.messages[0].text, "Be brief.");
  EXPECT_EQ(host.kept[0]->prompt.messages[1].text, "first");

  ASSERT_TRUE(host.kept[0]->deltas.try_push({.text = "Yes."}));
  host.kept[0]->finish();
  harness.run();
  const auto text = harness.read<media::TextDelta>("text");
  ASSERT_EQ(text.size(), 2U);
  EXPECT_EQ(text[0].text, "Yes.");
  EXPECT_TRUE(text[1].head.is_last);
  ASSERT_EQ(host.kept.size(), 2U);
  EXPECT_EQ(host.kept[1]->prompt.messages[1].text, "second");
}

TEST(LlmFromFile, AHostWithoutAModelFailsTheAnswer) {
  model::UnloadedLlmHost host;
  test::OperatorHarness harness(std::make_unique<LlmFromFile>(host, LlmFromFile::Options{}));
  ASSERT_TRUE(harness.open());
  harness.feed("prompt", heard("hello"));
  harness.run();
  const auto end = harness.read_one<media::GenerationEnd>("ends");
  EXPECT_EQ(end.reason, media::GenerationEnd::Reason::failed);
}

}  // namespace
}  // namespace parley::operators
