// SPDX-License-Identifier: Apache-2.0
#include "model/fakes/fake_speaker.h"

#include <numeric>

#include <gtest/gtest.h>

#include "tests/support/audio.h"

namespace parley::model {
namespace {

std::vector<float> tone(double hz, std::size_t samples, double level = 0.3) {
  return test::sine(samples, hz, kSpeakerRate, level);
}

std::vector<float> embed(std::vector<float> audio) {
  FakeSpeakerModel model;
  SpeakerCall call;
  call.audio = std::move(audio);
  model.embed(call);
  EXPECT_TRUE(call.status);
  return call.embedding;
}

float cosine(const std::vector<float>& a, const std::vector<float>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
}

TEST(FakeSpeakerModel, TellsPitchesApart) {
  const std::vector<float> low = embed(tone(110.0, 16'000));
  EXPECT_EQ(low.size(), FakeSpeakerModel::kDimension);
  EXPECT_NEAR(cosine(low, low), 1.0F, 1e-5F);
  EXPECT_GT(cosine(low, embed(tone(115.0, 40'000, 0.05F))), 0.95F);
  EXPECT_LT(cosine(low, embed(tone(220.0, 16'000))), 0.3F);
  EXPECT_NEAR(cosine(embed(tone(7'900.0, 16'000)), embed(tone(7'900.0, 8'000))), 1.0F, 1e-5F);
}

TEST(FakeSpeakerModel, RefusesSilenceAndTooMuch) {
  FakeSpeakerModel model(100);
  SpeakerCall call;
  for (const auto& audio : {std::vector<float>(), std::vector<float>(50), tone(200.0, 101)}) {
    call.audio = audio;
    model.embed(call);
    EXPECT_EQ(call.status.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(call.embedding.empty());
  }
}

}  // namespace
}  // namespace parley::model
