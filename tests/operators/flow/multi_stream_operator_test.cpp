// SPDX-License-Identifier: Apache-2.0
#include "operators/flow/multi_stream_operator.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::AudioFrame;
using media::Control;
using media::MediaTime;
using media::VideoFrame;
using test::OperatorHarness;
using testing::HasSubstr;
using std::chrono_literals::operator""ms;

constexpr std::size_t kAudio = 0;
constexpr std::size_t kVideo = 1;

class MultiStream : public testing::Test {
 protected:
  /// Times of a group's frames in ms, by stream.
  struct Group {
    std::vector<std::int64_t> audio;
    std::vector<std::int64_t> video;
    friend bool operator==(const Group&, const Group&) = default;
  };

  void open(MultiStreamOptions options, std::size_t outlet_capacity = 4096) {
    auto made = MultiStreamOperator::make(options);
    ASSERT_TRUE(made) << made.error().message;
    harness_.emplace(std::move(*made),
                     OperatorHarness::Options{.outlet_capacity = outlet_capacity});
    ASSERT_TRUE(harness_->open());
  }
  template <typename T>
  void feed(std::string_view port, double at_ms, bool is_last = false) {
    T frame;
    frame.head.pts = MediaTime{static_cast<std::int64_t>(at_ms * (MediaTime::kPerSecond / 1000))};
    frame.head.is_last = is_last;
    ASSERT_TRUE(harness_->feed(port, std::move(frame)));
    harness_->run();
  }
  void audio(double at_ms, bool is_last = false) { feed<AudioFrame>("audio", at_ms, is_last); }
  void video(double at_ms, bool is_last = false) { feed<VideoFrame>("video", at_ms, is_last); }

  std::vector<Group> groups() {
    for (const Control& control : harness_->read<Control>("group")) {
      numbers_.push_back(std::get<std::int64_t>(control.value));
    }
    std::map<std::uint64_t, Group> found;
    for (const AudioFrame& frame : harness_->read<AudioFrame>("audio")) {
      found[frame.head.sequence].audio.push_back(frame.head.pts.ms());
    }
    for (const VideoFrame& frame : harness_->read<VideoFrame>("video")) {
      found[frame.head.sequence].video.push_back(frame.head.pts.ms());
    }
    std::vector<Group> list;
    for (auto& [number, group] : found) list.push_back(std::move(group));
    return list;
  }
  const StreamCounters& counters(std::size_t stream) {
    return harness_->as<MultiStreamOperator>().counters(stream);
  }

  std::optional<OperatorHarness> harness_;
  std::vector<std::int64_t> numbers_;  // of the groups, as the control frames have them
};

TEST_F(MultiStream, ImmediateNeverWaitsAndTakesTheNewest) {
  open({.policy = AlignPolicy::immediate});
  audio(0);
  EXPECT_EQ(groups(), (std::vector<Group>{{{0}, {}}}));
  video(5);
  video(12);
  video(45);
  EXPECT_TRUE(groups().empty());
  audio(20);
  audio(40);
  audio(60);
  EXPECT_EQ(groups(), (std::vector<Group>{{{20}, {12}}, {{40}, {12}}, {{60}, {45}}}));
  EXPECT_EQ(numbers_, (std::vector<std::int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(counters(kVideo).gaps, 1U);
  EXPECT_EQ(counters(kVideo).dropped, 1U);  // the one at 5
  EXPECT_EQ(counters(kVideo).repeated, 1U);
}

TEST_F(MultiStream, AlignedTakesTheNearestAndWaitsForIt) {
  open({});
  video(0);
  audio(0);
  EXPECT_EQ(groups(), (std::vector<Group>{{{0}, {0}}}));
  audio(20);
  EXPECT_TRUE(groups().empty());  // a nearer one may come
  video(33);
  EXPECT_EQ(groups(), (std::vector<Group>{{{20}, {33}}}));
  EXPECT_EQ(counters(kVideo).skew.ms(), 13);
}

TEST_F(MultiStream, AlignedLeavesOutWhatIsNotNear) {
  open({.tolerance = 15ms});
  video(0);
  video(100);
  for (int at : {0, 20, 40, 60, 80, 100}) audio(at);
  EXPECT_EQ(groups(),
            (std::vector<Group>{
                {{0}, {0}}, {{20}, {}}, {{40}, {}}, {{60}, {}}, {{80}, {}}, {{100}, {100}}}));
  EXPECT_EQ(counters(kVideo).gaps, 4U);
}

TEST_F(MultiStream, AlignedWaitsNoLongerThanItMayByTheLeadsTime) {
  open({.wait_max = 60ms});
  for (int at : {0, 20, 40}) audio(at);
  EXPECT_TRUE(groups().empty());
  audio(60);
  EXPECT_EQ(groups(), (std::vector<Group>{{{0}, {}}}));
  video(0);  // its group has gone, and it is near no other
  video(90);
  EXPECT_EQ(groups().size(), 3U);
}

TEST_F(MultiStream, AlignedWaitsNoLongerThanItMayByTheClock) {
  open({.wait_max = 60ms});
  audio(0);
  harness_->advance(59ms);
  EXPECT_TRUE(groups().empty());
  harness_->advance(1ms);
  EXPECT_EQ(groups(), (std::vector<Group>{{{0}, {}}}));
}

TEST_F(MultiStream, LateFramesAreCountedAndDropped) {
  open({.tolerance = 10ms, .wait_max = 20ms});
  for (int at : {0, 20, 40, 60}) audio(at);
  groups();
  video(5);   // for the group at 0
  video(60);  // in time
  video(50);  // out of order
  EXPECT_EQ(groups(), (std::vector<Group>{{{60}, {60}}}));
  EXPECT_EQ(counters(kVideo).late, 2U);
}

TEST_F(MultiStream, StreamsWhoseClocksDriftStayTogether) {
  // 50 audio frames a second, and a camera that is meant to give as many but has a clock that is
  // 0.5 % fast, or slow. After 100 s they are half a second apart if frames are paired by count.
  for (const double drift : {1.005, 0.995}) {
    open({.tolerance = 20ms});
    std::size_t paired = 0;
    int pictures = 0;
    for (int i = 0; i < 5'000; ++i) {
      for (; pictures * 20.0 / drift <= i * 20.0; ++pictures) video(pictures * 20.0 / drift);
      audio(i * 20.0);
      if (i % 40 != 39) continue;
      for (const Group& group : groups()) {
        ASSERT_EQ(group.audio.size(), 1U);
        if (group.video.empty()) continue;
        ++paired;
        EXPECT_LE(std::abs(group.audio[0] - group.video[0]), 11);
      }
    }
    const StreamCounters& camera = counters(kVideo);
    // The fast one loses 25 frames, the slow one repeats 25: half a second of 50 a second.
    EXPECT_NEAR(static_cast<double>(camera.dropped), drift > 1.0 ? 25.0 : 0.0, 3.0);
    EXPECT_NEAR(static_cast<double>(camera.repeated), drift < 1.0 ? 25.0 : 0.0, 3.0);
    EXPECT_GT(paired, 4'900U);
    EXPECT_EQ(camera.late, 0U);
  }
}

TEST_F(MultiStream, BarrierUsesEachFrameOnceAndDropsWhatIsTooOld) {
  open({.policy = AlignPolicy::barrier, .tolerance = 10ms});
  for (int at : {0, 20, 40, 60}) audio(at);
  EXPECT_TRUE(groups().empty());
  harness_->advance(10'000ms);
  EXPECT_TRUE(groups().empty());  // it waits for ever
  video(38);
  video(62);
  EXPECT_EQ(groups(), (std::vector<Group>{{{40}, {38}}, {{60}, {62}}}));
  EXPECT_EQ(counters(kAudio).dropped, 2U);
  EXPECT_EQ(counters(kAudio).repeated, 0U);
}

TEST_F(MultiStream, BarrierHoldsItsInputsBack) {
  open({.policy = AlignPolicy::barrier});
  std::size_t fed = 0;
  for (; fed < 1'000; ++fed) {
    AudioFrame frame;
    frame.head.pts = MediaTime::from_ms(static_cast<std::int64_t>(fed));
    if (!harness_->feed("audio", frame)) break;
    harness_->run();
  }
  EXPECT_EQ(fed, AlignedStream::kHeldMax + graph::kPortCapacityDefault);
}

TEST_F(MultiStream, WindowsGatherAllThatBeginsInThem) {
  open({.policy = AlignPolicy::window, .window = 50ms});
  for (int at : {0, 20, 40}) audio(at);
  video(10);
  EXPECT_TRUE(groups().empty());
  audio(60);
  video(70);
  EXPECT_EQ(groups(), (std::vector<Group>{{{0, 20, 40}, {10}}}));
  audio(49);  // out of order and too late
  video(220);
  audio(230);  // nothing between 100 and 200: no empty groups
  video(260);
  audio(270);
  EXPECT_EQ(groups(), (std::vector<Group>{{{60}, {70}}, {{230}, {220}}}));
  EXPECT_EQ(counters(kAudio).late, 1U);
}

TEST_F(MultiStream, AWindowClosesWithoutAStreamThatIsSilent) {
  open({.policy = AlignPolicy::window, .wait_max = 100ms, .window = 50ms});
  for (int at = 0; at < 150; at += 10) audio(at);
  EXPECT_TRUE(groups().empty());
  audio(150);
  EXPECT_EQ(groups().size(), 1U);
  harness_->advance(100ms);
  EXPECT_EQ(groups().size(), 1U);
  EXPECT_EQ(counters(kVideo).gaps, 2U);
}

TEST_F(MultiStream, EndsWhenNoGroupCanFollow) {
  open({});
  video(0, true);
  audio(0);
  audio(20, true);
  EXPECT_EQ(groups(), (std::vector<Group>{{{0}, {0}}, {{20}, {0}}}));
  audio(40);  // dropped: the operator has finished
  EXPECT_TRUE(groups().empty());
}

TEST_F(MultiStream, WaitsForRoomWithoutLosingAnything) {
  for (const AlignPolicy policy :
       {AlignPolicy::aligned, AlignPolicy::barrier, AlignPolicy::window, AlignPolicy::immediate}) {
    open({.policy = policy, .window = 20ms}, 2);
    for (int at = 0; at < 1'000; at += 20) {
      video(at);
      audio(at);
      if (at % 60 == 0) groups();
    }
    groups();
    EXPECT_EQ(counters(kAudio).given, policy == AlignPolicy::window ? 49U : 50U);
    EXPECT_EQ(counters(kAudio).late + counters(kVideo).late, 0U);
  }
}

TEST_F(MultiStream, RefusesStreamsThatMakeNoSense) {
  const auto message = [](std::vector<std::string> streams) {
    const auto made = MultiStreamOperator::make({.streams = std::move(streams)});
    return made ? std::string("accepted") : made.error().message;
  };
  EXPECT_THAT(message({"audio:AudioFrame"}), HasSubstr("2 to 16"));
  EXPECT_THAT(message({"audio", "video:VideoFrame"}), HasSubstr("audio:AudioFrame"));
  EXPECT_THAT(message({"a:AudioFrame", "a:VideoFrame"}), HasSubstr("'a'"));
  EXPECT_THAT(message({"group:AudioFrame", "a:VideoFrame"}), HasSubstr("'group'"));
  EXPECT_THAT(message({"a:AudioFrme", "b:VideoFrame"}), HasSubstr("AudioFrame"));
}

}  // namespace
}  // namespace parley::operators
