// SPDX-License-Identifier: Apache-2.0
#include "backend/silero/silero_vad.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/backend/onnx/model_fixture.h"
#include "tests/backend/silero/onnx_reference.h"

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
  for (const std::size_t streams : {2U, 3U, 5U, 8U, 12U, 16U, 21U, 64U}) {
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

  const std::string other = model_path("moonshine-tiny-en/encoder.onnx");
  PARLEY_NEED_FILE(other);
  const auto loaded = SileroVad::load(other);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::data_corrupt);
  EXPECT_THAT(loaded.error().message, testing::HasSubstr(other + ": not"));
  EXPECT_EQ(SileroVad::load("/nowhere/silero.onnx").error().code, ErrorCode::not_found);
  EXPECT_EQ(SileroVad::load(testing::TempDir()).error().code, ErrorCode::not_found);
}

// The model remembers, so each stream is one long chain; the levels differ from stream to stream.
TEST_F(SileroVadTest, StaysWithOnnxRuntimeOverLongSpeech) {
  const auto reference = OnnxReferenceVad::load(kFile);
  ASSERT_TRUE(reference) << reference.error().message;
  std::ifstream in(kFile, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto weights = read_silero_weights(bytes);
  ASSERT_TRUE(weights) << weights.error().message;
  constexpr std::size_t kStreams = 12;
  const std::size_t windows = 2 * speech.size() / model::kVadWindowSamples;
  for (const SileroKernel& kernel : silero_kernels()) {
    SileroVad ours(*weights, kernel);
    std::vector<model::VadCall> mine(kStreams);
    std::vector<model::VadCall> theirs(kStreams);
    std::vector<model::VadCall*> my_batch;
    std::vector<model::VadCall*> their_batch;
    for (std::size_t i = 0; i < kStreams; ++i) {
      my_batch.push_back(&mine[i]);
      their_batch.push_back(&theirs[i]);
    }
    float worst = 0.0F;
    std::size_t count = 0;
    for (std::size_t window = 0; window < windows; ++window) {
      for (std::size_t i = 0; i < kStreams; ++i) {
        fill(mine[i], i, window);
        for (float& sample : mine[i].window) sample *= std::pow(0.5F, static_cast<float>(i));
        theirs[i].window = mine[i].window;
      }
      ours.infer(my_batch);
      (*reference)->infer(their_batch);
      for (std::size_t i = 0; i < kStreams; ++i, ++count) {
        ASSERT_TRUE(mine[i].status && theirs[i].status);
        worst = std::max(worst, std::abs(mine[i].probability - theirs[i].probability));
      }
    }
    EXPECT_GT(count, 5'000U);
    EXPECT_LE(worst, 1e-4F) << kernel.name;
    std::cout << kernel.name << ": " << count << " windows, furthest apart " << worst << '\n';
  }
}

}  // namespace
}  // namespace parley::backend
