// SPDX-License-Identifier: Apache-2.0
//
// Streaming recognition: its host, its stand-in, and whole utterances heard by it.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "model/fakes/fake_streaming_asr.h"
#include "model/model_host.h"
#include "model/streamed_asr.h"
#include "model/streaming_asr_model.h"

namespace parley::model {
namespace {

std::vector<float> audio_of(double seconds) {
  return std::vector<float>(static_cast<std::size_t>(seconds * kAsrRate));
}

/// Counts how many calls come at once.
class CountingModel final : public StreamingAsrModel {
 public:
  void hear(std::span<AsrStreamCall* const> batch) noexcept override {
    batches.push_back(batch.size());
    hints = batch.front()->hints;
    for (AsrStreamCall* call : batch) call->status = {};
  }
  [[nodiscard]] std::size_t batch_max() const noexcept override { return 2; }
  [[nodiscard]] std::string language() const override { return "zh"; }
  std::vector<std::size_t> batches;
  AsrHintsRef hints;  // of the last
};

TEST(StreamingAsrHost, UtterancesAreHeardInBatches) {
  exec::ManualRuntime runtime;
  Metrics metrics;
  CountingModel model;
  const std::array<exec::Executor*, 1> executors{&runtime.executor};
  StreamingAsrModelHost host(model, {.name = "asr_stream", .batch_max = 16}, executors,
                             runtime.clock, metrics);
  EXPECT_EQ(host.language(), "zh");
  std::vector<std::shared_ptr<AsrStreamCall>> calls;
  for (int i = 0; i < 3; ++i) {
    calls.push_back(std::make_shared<AsrStreamCall>());
    calls.back()->begin({}, runtime.clock.now());
    EXPECT_TRUE(host.submit(calls.back()));
  }
  runtime.run_until_idle();
  EXPECT_EQ(model.batches, (std::vector<std::size_t>{2, 1})) << "as many as the model bears";
  for (const auto& call : calls) EXPECT_TRUE(call->done());
}

TEST(FakeStreamingAsr, HearsAWordInEveryHalfSecond) {
  FakeStreamingAsrModel model({"one two", "three"});
  AsrStreamCall call;
  const std::array<AsrStreamCall*, 1> alone{&call};
  call.audio = audio_of(0.4);
  model.hear(alone);
  EXPECT_EQ(call.text, "");
  call.audio = audio_of(0.2);
  model.hear(alone);
  EXPECT_EQ(call.text, "one");
  call.audio = audio_of(5.0);
  call.is_last = true;
  model.hear(alone);
  EXPECT_EQ(call.text, "one two");
  ASSERT_EQ(call.words.size(), 2U);
  EXPECT_EQ(call.words[1].begin, media::MediaTime::from_ms(500));
  call.audio = audio_of(1.0);
  model.hear(alone);
  EXPECT_EQ(call.text, "three") << "another utterance";
}

TEST(StreamedAsr, HearsWholeUtterances) {
  StreamedAsr model(std::make_unique<FakeStreamingAsrModel>(
      std::vector<std::string>{"one two three four five six"}));
  EXPECT_NE(model.streaming(), nullptr);
  AsrCall call;
  call.audio = audio_of(2.6);
  model.transcribe(call);
  ASSERT_TRUE(call.status);
  EXPECT_EQ(call.text, "one two three four five");
  EXPECT_EQ(call.words.size(), 5U);
  ASSERT_EQ(call.tokens.size(), 5U);
  EXPECT_EQ(call.tokens[1].text, " two");
}

TEST(StreamedAsr, TellsTheModelWhatMayBeSaid) {
  auto made = std::make_unique<CountingModel>();
  const CountingModel& counting = *made;
  StreamedAsr model(std::move(made));
  AsrCall call;
  call.audio = audio_of(1.0);
  call.hints = std::make_shared<AsrHints>(AsrHints{.hot_words = {"Parley"}});
  model.transcribe(call);
  EXPECT_EQ(counting.hints, call.hints);
}

TEST(StreamedAsr, SaysWhatIsWrong) {
  StreamedAsr model(std::make_unique<FakeStreamingAsrModel>());
  AsrCall longer;
  longer.audio.resize(StreamedAsr::kSamplesMax + 1);
  model.transcribe(longer);
  EXPECT_EQ(longer.status.error().code, ErrorCode::invalid_argument);
  AsrCall cancelled;
  cancelled.audio = audio_of(1.0);
  cancelled.cancel();
  model.transcribe(cancelled);
  EXPECT_EQ(cancelled.status.error().code, ErrorCode::cancelled);
  EXPECT_EQ(cancelled.text, "");
  AsrCall nothing;
  model.transcribe(nothing);
  EXPECT_TRUE(nothing.status);
}

}  // namespace
}  // namespace parley::model
