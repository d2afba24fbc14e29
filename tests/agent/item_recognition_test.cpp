// SPDX-License-Identifier: Apache-2.0
#include "agent/item_recognition.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace parley::agent {
namespace {

using Progress = ItemRecognition::Progress;

/// Answers when told to.
class HandHost final : public model::AsrHost {
 public:
  bool submit(std::shared_ptr<model::AsrCall> call) noexcept override {
    if (full) return false;
    calls.push_back(std::move(call));
    return true;
  }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return 16'000; }

  void answer(std::string text, Status status = {}) {
    calls.back()->text = std::move(text);
    calls.back()->status = std::move(status);
    calls.back()->finish();
  }

  bool full = false;
  std::deque<std::shared_ptr<model::AsrCall>> calls;
};

Item recording(std::size_t samples) {
  Item item;
  item.id = "item_1";
  ContentPart part;
  part.kind = ContentPart::Kind::input_audio;
  part.audio.samples.assign(samples, 100);
  item.content.push_back(std::move(part));
  return item;
}

class ItemRecognitionTest : public ::testing::Test {
 protected:
  Progress advance(ItemRecognition& one) { return one.advance(host_, exec::Waker(), Instant{}); }
  HandHost host_;
};

TEST_F(ItemRecognitionTest, GivesALongRecordingInPieces) {
  ItemRecognition one(recording(36'000), 0, "en");  // 1.5 s at 24 kHz: 24,000 samples at 16 kHz
  EXPECT_EQ(advance(one), Progress::working);
  EXPECT_EQ(advance(one), Progress::working);
  ASSERT_EQ(host_.calls.size(), 1U);
  EXPECT_EQ(host_.calls[0]->audio.size(), 16'000U);
  EXPECT_EQ(host_.calls[0]->language, "en");
  host_.calls[0]->detected_language = "fr";
  host_.answer("first half");
  EXPECT_EQ(advance(one), Progress::working);
  EXPECT_EQ(host_.calls[1]->audio.size(), 8'000U);
  host_.answer("second half");
  EXPECT_EQ(advance(one), Progress::over);
  EXPECT_EQ(one.text(), "first half second half");
  EXPECT_EQ(one.detected_language(), "fr");
  EXPECT_TRUE(one.status());
}

TEST_F(ItemRecognitionTest, HasNothingToHearInAnEmptyRecording) {
  ItemRecognition one(recording(0), 0, "");
  EXPECT_EQ(advance(one), Progress::over);
  EXPECT_EQ(one.text(), "");
  EXPECT_TRUE(host_.calls.empty());
}

TEST_F(ItemRecognitionTest, TriesAgainWhenTheHostWasFull) {
  ItemRecognition one(recording(2'400), 0, "");
  host_.full = true;
  EXPECT_EQ(advance(one), Progress::host_full);
  host_.full = false;
  EXPECT_EQ(advance(one), Progress::working);
  EXPECT_EQ(host_.calls[0]->audio.size(), 1'600U);
}

TEST_F(ItemRecognitionTest, EndsAtAFailure) {
  ItemRecognition one(recording(36'000), 0, "");
  advance(one);
  host_.answer("", Error{ErrorCode::unavailable, "away"});
  EXPECT_EQ(advance(one), Progress::over);
  EXPECT_FALSE(one.status());
}

TEST_F(ItemRecognitionTest, CancelsWhatIsUnderWayWhenItGoes) {
  {
    ItemRecognition one(recording(2'400), 0, "");
    advance(one);
  }
  EXPECT_TRUE(host_.calls[0]->cancelled());
}

}  // namespace
}  // namespace parley::agent
