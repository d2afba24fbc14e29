// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/fsmn_segmenter.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::backend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr float kSpeech = 0.05F;
constexpr float kSilence = 0.95F;

struct FsmnSegmenterTest : testing::Test {
  void hear(float silence, int frames) {
    for (int i = 0; i < frames; ++i) {
      if (const auto segment = segmenter.hear(silence)) found.push_back(*segment);
    }
  }
  void finish() {
    if (const auto segment = segmenter.finish()) found.push_back(*segment);
  }
  FsmnSegmenter segmenter;
  std::vector<FsmnSegment> found;
};

TEST_F(FsmnSegmenterTest, BeginsBeforeTheSpeechAndEndsAfterIt) {
  hear(kSilence, 100);
  hear(kSpeech, 100);   // frames 100 to 199
  hear(kSilence, 100);  // 15 of 20 are speech up to frame 204: a pause from 205 on
  // Noticed at frame 114, so 40 frames before it; to frame 215, ten after the pause's first.
  EXPECT_THAT(found, ElementsAre(FsmnSegment{740, 2160}));
  finish();
  EXPECT_EQ(found.size(), 1U);
}

TEST_F(FsmnSegmenterTest, BridgesAShortPause) {
  hear(kSpeech, 100);
  hear(kSilence, 54);  // with the 15 frames that it takes to hear the speech after it: 63
  hear(kSpeech, 100);
  EXPECT_THAT(found, IsEmpty());
  EXPECT_EQ(segmenter.open_since_ms(), 0);
  finish();
  EXPECT_THAT(found, ElementsAre(FsmnSegment{0, 2540}));
  EXPECT_FALSE(segmenter.open_since_ms());
}

TEST_F(FsmnSegmenterTest, LeavesSegmentsApart) {
  hear(kSpeech, 50);
  hear(kSilence, 70);  // the least that ends it
  ASSERT_EQ(found.size(), 1U);
  hear(kSpeech, 50);
  finish();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_GE(found[1].begin_ms, found[0].end_ms);
  EXPECT_EQ(found[1].end_ms, 1700);
}

TEST_F(FsmnSegmenterTest, DoesNotHearClicks) {
  for (int i = 0; i < 20; ++i) {
    hear(kSpeech, 14);
    hear(kSilence, 20);
  }
  finish();
  EXPECT_THAT(found, IsEmpty());
}

TEST_F(FsmnSegmenterTest, CutsWhatIsTooLong) {
  segmenter = FsmnSegmenter({.segment_ms_max = 5'000});
  hear(kSpeech, 1'200);
  finish();
  ASSERT_GE(found.size(), 2U);
  EXPECT_EQ(found.front(), (FsmnSegment{0, 5'010}));
  for (std::size_t i = 1; i < found.size(); ++i) {
    EXPECT_EQ(found[i].begin_ms, found[i - 1].end_ms);  // the 200 ms before belong to the last one
  }
  EXPECT_EQ(found.back().end_ms, 12'000);
}

TEST_F(FsmnSegmenterTest, TakesAThresholdAndAPauseOfOnesOwn) {
  hear(0.3F, 200);  // speech 0.7, silence 0.3: not enough
  finish();
  EXPECT_THAT(found, IsEmpty());
  segmenter = FsmnSegmenter({.speech_noise_threshold = 0.3F, .end_silence_ms = 250});
  hear(0.3F, 100);
  hear(kSilence, 20);
  EXPECT_EQ(found.size(), 1U);
}

TEST_F(FsmnSegmenterTest, BeginsAfreshAfterTheEnd) {
  hear(kSpeech, 30);
  finish();
  hear(kSpeech, 30);
  finish();
  EXPECT_THAT(found, ElementsAre(FsmnSegment{0, 300}, FsmnSegment{0, 300}));
}

}  // namespace
}  // namespace parley::backend
