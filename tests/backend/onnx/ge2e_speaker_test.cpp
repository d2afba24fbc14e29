// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/ge2e_speaker.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "tests/backend/onnx/model_fixture.h"
#include "tests/dsp/feature_signal.h"

namespace parley::backend {
namespace {

const std::string kFile = model_path("ge2e/ge2e.onnx");

class Ge2e : public testing::Test {
 protected:
  void SetUp() override {
    PARLEY_NEED_FILE(kFile);
    PARLEY_NEED_FILE(recording_path("beckett.wav"));
    auto loaded = Ge2eSpeaker::load(kFile);
    ASSERT_TRUE(loaded) << loaded.error().message;
    model = *std::move(loaded);
    speech = read_recording(recording_path("beckett.wav")).value();
  }
  std::vector<float> embed(std::vector<float> audio, float gain = 1.0F) {
    model::SpeakerCall call;
    for (float& sample : audio) sample *= gain;
    call.audio = std::move(audio);
    model->embed(call);
    EXPECT_TRUE(call.status) << call.status.error().message;
    return call.embedding;
  }
  std::unique_ptr<Ge2eSpeaker> model;
  std::vector<float> speech;
};

float cosine(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0F);
}

// tests/backend/onnx/reference/make_ge2e.py computed the same with NumPy.
TEST_F(Ge2e, IsWhatResemblyzerMakesOfIt) {
  const test::FeatureTable expected = test::read_feature_table("ge2e.txt");
  ASSERT_EQ(expected.values.size(), 4U * model->dimension());
  struct Excerpt {
    double first, last;
    float gain;
  };
  constexpr Excerpt kExcerpts[]{
      {0.0, 1.0, 1.0F}, {2.0, 5.0, 1.0F}, {2.0, 5.0, 0.02F}, {0.0, 9.9, 1.0F}};
  auto row = std::span(expected.values);
  for (const Excerpt& excerpt : kExcerpts) {
    const std::vector<float> made = embed(cut(speech, excerpt.first, excerpt.last), excerpt.gain);
    ASSERT_EQ(made.size(), model->dimension());
    float worst = 0.0F;
    for (std::size_t i = 0; i < made.size(); ++i) {
      worst = std::max(worst, std::abs(made[i] - row[i]));
    }
    EXPECT_LT(worst, 1e-4F) << excerpt.first << " to " << excerpt.last << " s";
    row = row.subspan(model->dimension());
  }
}

TEST_F(Ge2e, HearsTheSpeakerAndNotTheLength) {
  const std::vector<float> whole = embed(speech);
  EXPECT_NEAR(cosine(whole, whole), 1.0F, 1e-5F);
  EXPECT_GT(cosine(whole, embed(cut(speech, 0.0, 3.0))), 0.8F);
  EXPECT_GT(cosine(whole, embed(cut(speech, 6.0, 9.0))), 0.8F);
  EXPECT_EQ(whole, embed(speech)) << "the same again, bit for bit";
}

TEST_F(Ge2e, RefusesWhatHasNoVoice) {
  model::SpeakerCall call;
  for (const auto& audio :
       {std::vector<float>(), std::vector<float>(16'000), std::vector<float>(16'000, NAN),
        std::vector<float>(kSpeakerSamplesMax + 1, 0.1F)}) {
    call.audio = audio;
    model->embed(call);
    ASSERT_FALSE(call.status) << audio.size();
    EXPECT_EQ(call.status.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(call.embedding.empty());
  }
  call.audio = cut(speech, 0.0, 1.0);
  call.cancel();
  model->embed(call);
  EXPECT_EQ(call.status.error().code, ErrorCode::cancelled);
}

TEST(Ge2eSpeaker, AFileThatIsAnotherModelIsRefused) {
  EXPECT_EQ(Ge2eSpeaker::load("/no/such/file.onnx").error().code, ErrorCode::not_found);
  EXPECT_EQ(Ge2eSpeaker::load("any", {.step_frames = 161}).error().code,
            ErrorCode::invalid_argument);
  const std::string other = model_path("silero-vad/silero_vad_16k_op15.onnx");
  PARLEY_NEED_FILE(other);
  EXPECT_EQ(Ge2eSpeaker::load(other).error().code, ErrorCode::data_corrupt);
}

}  // namespace
}  // namespace parley::backend
