// SPDX-License-Identifier: Apache-2.0
#include "cli/stream_tracks.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "base/random.h"

namespace parley::cli {
namespace {

/// A clip as cut_clip makes them: 200 ms of a quiet room, then one second of sound.
BenchClip clip_of(double room, double speech, std::uint64_t seed = 3) {
  Random random(seed);
  BenchClip clip{.name = "clip"};
  for (std::size_t i = 0; i < 60 * kBenchFrameSamples; ++i) {
    const double level = i < 10 * kBenchFrameSamples ? room : speech;
    clip.samples.push_back(static_cast<std::int16_t>((random.uniform() * 2 - 1) * level));
  }
  return clip;
}

double level_dbfs(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const std::int16_t sample : samples) sum += static_cast<double>(sample) * sample;
  return 10 * std::log10(sum / static_cast<double>(samples.size()) / (32'768.0 * 32'768.0));
}

TEST(StreamTracks, ThirtyPerCentAreSpeechAndTheRestIsTheRoom) {
  const std::vector<BenchClip> clips{clip_of(20, 3000, 1), clip_of(30, 2000, 2),
                                     clip_of(25, 3000, 3)};
  const auto tracks = make_stream_tracks(clips, 2, 20, 1);
  ASSERT_TRUE(tracks);
  ASSERT_EQ(tracks->size(), 2U);
  for (const StreamTrack& track : *tracks) {
    ASSERT_GE(track.samples.size(), 20U * kBenchRate);
    ASSERT_EQ(track.samples.size() % kBenchFrameSamples, 0U);
    EXPECT_NEAR(
        static_cast<double>(track.speech_samples) / static_cast<double>(track.samples.size()),
        kSpeechShare, 0.01);
    // Between the end of the first clip and the beginning of the second.
    const auto room = std::span(track.samples).subspan(clips[0].samples.size(), 2 * kBenchRate);
    EXPECT_NEAR(level_dbfs(room), kRoomLevel, 0.5);
  }
  EXPECT_NE((*tracks)[0].samples, (*tracks)[1].samples);
}

TEST(StreamTracks, NoFrameIsDigitalSilence) {
  BenchClip clip = clip_of(20, 3000);
  std::fill_n(clip.samples.begin() + 20 * kBenchFrameSamples, 10 * kBenchFrameSamples,
              std::int16_t{0});
  const auto tracks = make_stream_tracks(std::vector{clip}, 1, 10, 1);
  ASSERT_TRUE(tracks);
  const StreamTrack& track = tracks->front();
  for (std::size_t i = 0; i < track.samples.size() / kBenchFrameSamples; ++i) {
    const auto frame = track.frame(i);
    EXPECT_TRUE(std::any_of(frame.begin(), frame.end(), [](auto sample) { return sample != 0; }));
  }
}

TEST(StreamTracks, FramesRepeatAtTheEnd) {
  StreamTrack track;
  track.samples.assign(2 * kBenchFrameSamples, 1);
  track.samples.back() = 7;
  EXPECT_EQ(track.frame(0).back(), 1);
  EXPECT_EQ(track.frame(3).back(), 7);
}

TEST(StreamTracks, RecordingsWithoutAQuietStretchAreRefused) {
  BenchClip silent{.name = "silent"};
  silent.samples.assign(kBenchFrameSamples * 10, 0);
  EXPECT_FALSE(make_stream_tracks(std::vector{silent}, 1, 1, 1));
  EXPECT_FALSE(make_stream_tracks({}, 1, 1, 1));
}

}  // namespace
}  // namespace parley::cli
