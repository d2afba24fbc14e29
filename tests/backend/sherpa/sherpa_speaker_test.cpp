// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_speaker.h"

#include <numeric>

#include "tests/backend/sherpa/tiny_voice.h"
#include "tests/backend/sherpa/tones.h"

namespace parley::backend {
namespace {

struct SherpaSpeakerTest : NeedsTinyModels {
  void SetUp() override {
    NeedsTinyModels::SetUp();
    if (IsSkipped()) return;
    auto loaded =
        SherpaSpeaker::load(sherpa_library(), *SherpaModel::load(tiny_recognizers() + "/speaker"));
    ASSERT_TRUE(loaded) << loaded.error().message;
    model = std::move(*loaded);
  }
  std::vector<float> embedding(double hertz) const {
    model::SpeakerCall call;
    add_tone(call.audio, hertz, 1.0);
    model->embed(call);
    EXPECT_TRUE(call.status) << call.status.error().message;
    return call.embedding;
  }
  Status failure(std::vector<float> audio) const {
    model::SpeakerCall call;
    call.audio = std::move(audio);
    model->embed(call);
    EXPECT_TRUE(call.embedding.empty());
    return call.status;
  }
  static float product(const std::vector<float>& a, const std::vector<float>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
  }
  std::unique_ptr<SherpaSpeaker> model;
};

TEST_F(SherpaSpeakerTest, AVoiceIsNearItselfAndFarFromOthers) {
  const std::vector<float> low = embedding(kOne);
  ASSERT_EQ(low.size(), model->dimension());
  EXPECT_NEAR(product(low, low), 1.0F, 1e-5F);
  EXPECT_GT(product(low, embedding(kOne + 10)), 0.9F);
  EXPECT_LT(product(low, embedding(kThree)), 0.5F);
}

TEST_F(SherpaSpeakerTest, ItsNameIsTheFoldersAndItsFiles) {
  EXPECT_TRUE(model->name().starts_with("speaker-")) << model->name();
  EXPECT_EQ(model->name().size(), std::string("speaker-").size() + 8);
}

TEST_F(SherpaSpeakerTest, WhatSaysNothingAboutAVoiceIsAnError) {
  EXPECT_EQ(failure({}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(failure(std::vector<float>(16'000)).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(failure(std::vector<float>(SherpaSpeaker::kSamplesMax + 1, 0.1F)).error().code,
            ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace parley::backend
