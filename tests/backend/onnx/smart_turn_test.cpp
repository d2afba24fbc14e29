// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/smart_turn.h"

#include <cstdio>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/backend/onnx/model_fixture.h"

namespace parley::backend {
namespace {

const std::string kFile = model_path("smart-turn-v3/smart-turn-v3.2-cpu.onnx");

float judge(SmartTurn& model, std::span<const float> audio) {
  model::TurnCall call;
  call.audio.assign(audio.begin(), audio.end());
  model.judge(call);
  EXPECT_TRUE(call.status) << call.status.error().message;
  return call.probability;
}

TEST(SmartTurn, TellsTheEndOfASentenceFromItsMiddle) {
  PARLEY_NEED_FILE(kFile);
  PARLEY_NEED_FILE(recording_path("two_cities.wav"));
  const auto model = SmartTurn::load(kFile);
  ASSERT_TRUE(model) << model.error().message;
  const auto speech = read_recording(recording_path("two_cities.wav"));
  ASSERT_TRUE(speech);
  // "… it was the worst of times," | cut in the middle of a word, at several places of the text.
  // The model is chaotic, so no exact numbers: on average a cut word sounds unfinished.
  float unfinished = 0.0F;
  constexpr int kCuts = 6;
  for (int i = 0; i < kCuts; ++i) {
    unfinished += judge(**model, cut(*speech, 0.0, 2.2 + 1.13 * i)) / kCuts;
  }
  const float finished = judge(**model, *speech);
  std::printf("cut: %.2f, whole: %.2f\n", static_cast<double>(unfinished),
              static_cast<double>(finished));
  EXPECT_LT(unfinished, 0.5F);
  EXPECT_GT(finished, unfinished);
}

TEST(SmartTurn, TheSameAudioGetsTheSameAnswerAndSilenceAnyAtAll) {
  PARLEY_NEED_FILE(kFile);
  const auto model = SmartTurn::load(kFile);
  ASSERT_TRUE(model);
  const std::vector<float> silence(16'000, 0.0F);
  EXPECT_EQ(judge(**model, silence), judge(**model, silence));
  EXPECT_GE(judge(**model, {}), 0.0F);
  const std::vector<float> long_noise(20 * 16'000, 0.1F);
  EXPECT_LE(judge(**model, long_noise), 1.0F);
}

TEST(SmartTurn, AFileThatIsAnotherModelIsRefused) {
  EXPECT_EQ(SmartTurn::load("/no/such/file.onnx").error().code, ErrorCode::not_found);
  const std::string other = model_path("silero-vad/silero_vad_16k_op15.onnx");
  PARLEY_NEED_FILE(other);
  EXPECT_EQ(SmartTurn::load(other).error().code, ErrorCode::data_corrupt);
}

}  // namespace
}  // namespace parley::backend
