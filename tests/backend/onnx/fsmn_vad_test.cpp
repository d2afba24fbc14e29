// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/fsmn_vad.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/backend/onnx/model_fixture.h"
#include "tests/support/audio.h"

namespace parley::backend {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// No set-up fetches the model, so its absence is never a failure.
const std::string kFolder = "../shared/models/fsmn-vad";
const std::string kReferenceClip = "../shared/data/other/zh-vad-example.wav";

struct FsmnVadTest : testing::Test {
  void SetUp() override {
    if (!fs::exists(kFolder + "/am.mvn")) GTEST_SKIP() << kFolder << " is not here";
    auto loaded = FsmnVad::load(kFolder);
    ASSERT_TRUE(loaded) << loaded.error().message;
    vad = *std::move(loaded);
  }
  /// Probabilities of the whole windows of a new stream.
  std::vector<float> hear(std::span<const float> samples) {
    model::VadCall call;
    model::VadCall* const one[] = {&call};
    std::vector<float> heard;
    for (; samples.size() >= model::kVadWindowSamples;
         samples = samples.subspan(model::kVadWindowSamples)) {
      std::copy_n(samples.begin(), model::kVadWindowSamples, call.window.begin());
      vad->infer(one);
      EXPECT_TRUE(call.status);
      heard.push_back(call.probability);
    }
    return heard;
  }
  std::unique_ptr<FsmnVad> vad;
};

// What FunASR itself says of this clip (tests/test_vad_inference_pipeline.py in its repository).
TEST_F(FsmnVadTest, FindsTheSegmentsThatFunAsrFinds) {
  const auto samples = read_recording(kReferenceClip);
  if (!samples) GTEST_SKIP() << kReferenceClip << " is not here";
  const auto segments = vad->segments(*samples);
  ASSERT_TRUE(segments) << segments.error().message;
  EXPECT_THAT(
      *segments,
      ElementsAre(FsmnSegment{70, 2340}, FsmnSegment{2620, 6200}, FsmnSegment{6480, 23670},
                  FsmnSegment{23950, 26250}, FsmnSegment{26780, 28990}, FsmnSegment{29950, 31430},
                  FsmnSegment{31750, 37600}, FsmnSegment{38210, 46900}, FsmnSegment{47310, 49630},
                  FsmnSegment{49910, 56460}, FsmnSegment{56740, 59540}, FsmnSegment{59820, 70450}));
}

TEST_F(FsmnVadTest, HearsAStreamAsItHearsTheWhole) {
  const auto samples = read_recording(kReferenceClip);
  if (!samples) GTEST_SKIP() << kReferenceClip << " is not here";
  const auto silence = vad->silence(*samples);
  ASSERT_TRUE(silence) << silence.error().message;
  const std::vector<float> windows = hear(*samples);
  std::size_t begin = 0;
  for (std::size_t window = 0; window < windows.size(); ++window) {
    // Rows that are complete at the window's end; each needs two more after it.
    const std::size_t heard = (window + 1) * model::kVadWindowSamples;
    const std::size_t rows = (heard - kFsmnWindow) / kFsmnHop + 1;
    const std::size_t end = std::max<std::size_t>(rows, 2) - 2;
    if (begin == end) {
      EXPECT_EQ(windows[window], 0.0F);
      continue;
    }
    double sum = 0.0;
    for (std::size_t i = begin; i < end; ++i) sum += static_cast<double>((*silence)[i]);
    const double quiet = sum / static_cast<double>(end - begin);
    ASSERT_NEAR(windows[window], (1.0 - quiet) / (1.0 - quiet + 4.0 * quiet), 1e-3) << window;
    begin = end;
  }
}

TEST_F(FsmnVadTest, BatchedAndAloneAreTheSameBitForBit) {
  const auto samples = read_recording(kReferenceClip);
  if (!samples) GTEST_SKIP() << kReferenceClip << " is not here";
  constexpr std::size_t kStreams = 5;
  constexpr std::size_t kWindows = 60;
  const auto piece = [&](std::size_t stream) {
    return std::span(*samples).subspan(stream * 70'000, kWindows * model::kVadWindowSamples);
  };
  std::vector<model::VadCall> calls(kStreams);
  std::vector<model::VadCall*> batch;
  std::vector<std::vector<float>> alone;
  for (std::size_t stream = 0; stream < kStreams; ++stream) {
    batch.push_back(&calls[stream]);
    alone.push_back(hear(piece(stream)));
  }
  for (std::size_t window = 0; window < kWindows; ++window) {
    for (std::size_t stream = 0; stream < kStreams; ++stream) {
      const auto from = piece(stream).subspan(window * model::kVadWindowSamples);
      std::copy_n(from.begin(), model::kVadWindowSamples, calls[stream].window.begin());
    }
    vad->infer(batch);
    for (std::size_t stream = 0; stream < kStreams; ++stream) {
      ASSERT_EQ(calls[stream].probability, alone[stream][window]) << stream;
    }
  }
}

TEST_F(FsmnVadTest, HearsNobodyInSilenceAndNoise) {
  EXPECT_LT(std::ranges::max(hear(test::silence(160'000))), 0.5F);
  for (const double level : {0.001, 0.01, 0.1}) {
    EXPECT_LT(std::ranges::max(hear(test::noise(160'000, 4, level))), 0.5F) << level;
  }
  EXPECT_TRUE(vad->segments({})->empty());
  EXPECT_TRUE(vad->segments(test::silence(399))->empty());
  EXPECT_TRUE(vad->segments(test::silence(160'000))->empty());
}

TEST_F(FsmnVadTest, BeginsAfreshAfterSamplesThatAreNoNumbers) {
  model::VadCall call;
  model::VadCall* const one[] = {&call};
  call.window.fill(std::numeric_limits<float>::quiet_NaN());
  vad->infer(one);
  vad->infer(one);
  EXPECT_FALSE(call.status);
  EXPECT_EQ(call.probability, 0.0F);
  call.window.fill(0.0F);
  for (int i = 0; i < 3; ++i) {
    vad->infer(one);
    EXPECT_TRUE(call.status);
    EXPECT_LT(call.probability, 0.5F);
  }
}

TEST_F(FsmnVadTest, SaysWhichFileIsMissingOrWrong) {
  const std::string folder = testing::TempDir() + "/parley_fsmn_vad_test";
  fs::create_directories(folder);
  const auto error = [&] { return FsmnVad::load(folder).error(); };
  EXPECT_EQ(error().code, ErrorCode::not_found);
  EXPECT_THAT(error().message, HasSubstr("fsmnvad-online.onnx"));
  fs::copy_file(kFolder + "/fsmnvad-online.onnx", folder + "/model.onnx");
  EXPECT_EQ(error().code, ErrorCode::not_found);
  EXPECT_THAT(error().message, HasSubstr("am.mvn"));
  std::ofstream(folder + "/am.mvn") << "<Nnet>";
  EXPECT_EQ(error().code, ErrorCode::data_corrupt);
  EXPECT_THAT(error().message, HasSubstr("am.mvn: not 400 numbers"));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace parley::backend
