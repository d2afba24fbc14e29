// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/silero_vad.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/backend/onnx/model_fixture.h"

namespace parley::backend {
namespace {

const std::string kFile = model_path("silero-vad/silero_vad_16k_op15.onnx");

struct SileroVadTest : testing::Test {
  void SetUp() override {
    PARLEY_NEED_FILE(kFile);
    PARLEY_NEED_FILE(recording_path("beckett.wav"));
    auto loaded = SileroVad::load(kFile);
    ASSERT_TRUE(loaded) << loaded.error().message;
    vad = *std::move(loaded);
    speech = *read_recording(recording_path("beckett.wav"));
  }
  // Stream `number` hears the recording from another place on.
  void fill(model::VadCall& call, std::size_t number, std::size_t window) const {
    const std::size_t at = (number * 7919 + window * model::kVadWindowSamples) %
                           (speech.size() - model::kVadWindowSamples);
    std::copy_n(speech.begin() + static_cast<std::ptrdiff_t>(at), model::kVadWindowSamples,
                call.window.begin());
  }
  std::unique_ptr<SileroVad> vad;
  std::vector<float> speech;
};

TEST_F(SileroVadTest, BatchedAndAloneAreTheSameBitForBit) {
  constexpr std::size_t kWindows = 100;
  for (const std::size_t streams : {2U, 3U, 5U, 8U, 16U, 21U}) {
    std::vector<std::unique_ptr<model::VadCall>> together;
    std::vector<std::unique_ptr<model::VadCall>> alone;
    std::vector<model::VadCall*> batch;
    for (std::size_t i = 0; i < streams; ++i) {
      together.push_back(std::make_unique<model::VadCall>());
      alone.push_back(std::make_unique<model::VadCall>());
      batch.push_back(together.back().get());
    }
    for (std::size_t window = 0; window < kWindows; ++window) {
      for (std::size_t i = 0; i < streams; ++i) fill(*together[i], i, window);
      vad->infer(batch);
      for (std::size_t i = 0; i < streams; ++i) {
        fill(*alone[i], i, window);
        model::VadCall* const one[] = {alone[i].get()};
        vad->infer(one);
        ASSERT_TRUE(together[i]->status && alone[i]->status);
        ASSERT_EQ(together[i]->probability, alone[i]->probability);
        ASSERT_EQ(together[i]->state.hidden, alone[i]->state.hidden);
      }
    }
  }
}

TEST_F(SileroVadTest, HearsSpeechAndSilence) {
  model::VadCall call;
  model::VadCall* const one[] = {&call};
  std::size_t speaking = 0;
  const std::size_t windows = speech.size() / model::kVadWindowSamples;
  for (std::size_t window = 0; window < windows; ++window) {
    std::copy_n(speech.begin() + static_cast<std::ptrdiff_t>(window * model::kVadWindowSamples),
                model::kVadWindowSamples, call.window.begin());
    vad->infer(one);
    speaking += call.probability > 0.5F ? 1 : 0;
  }
  EXPECT_GT(speaking, windows / 3);
  EXPECT_LT(speaking, windows);

  call.window.fill(0.0F);
  for (int window = 0; window < 30; ++window) vad->infer(one);
  EXPECT_LT(call.probability, 0.1F);
}

TEST_F(SileroVadTest, RefusesADamagedOrADifferentModel) {
  std::ifstream in(kFile, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::string path = testing::TempDir() + "/cut.onnx";
  std::ofstream(path, std::ios::binary) << whole.substr(0, whole.size() / 2);
  EXPECT_EQ(SileroVad::load(path).error().code, ErrorCode::data_corrupt);

  const std::string other = model_path("moonshine-tiny-en/encoder_model.ort");
  PARLEY_NEED_FILE(other);
  const auto loaded = SileroVad::load(other);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::data_corrupt);
  EXPECT_THAT(loaded.error().message, testing::HasSubstr("no input 'input'"));
}

}  // namespace
}  // namespace parley::backend
