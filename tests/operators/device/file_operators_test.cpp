// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/audio_file.h"
#include "codec/wav_writer.h"
#include "operators/device/file_sink.h"
#include "operators/device/file_source.h"
#include "tests/support/audio.h"
#include "tests/support/operator_harness.h"

namespace parley::operators {
namespace {

using media::AudioFrame;
using media::MediaTime;
using test::OperatorHarness;
using std::chrono_literals::operator""ms;

constexpr int kRate = 16'000;

class Files : public testing::Test {
 protected:
  Files() : path_(testing::TempDir() + "parley_file_operators.wav") {}
  ~Files() override { std::filesystem::remove(path_); }

  void open_source(FileSource::Options options, std::size_t outlet_capacity = 4096) {
    options.path = path_;
    harness_.emplace(std::make_unique<FileSource>(options, pool_),
                     OperatorHarness::Options{.outlet_capacity = outlet_capacity});
    ASSERT_TRUE(harness_->open());
    harness_->run();
  }
  std::vector<AudioFrame> read() { return harness_->read<AudioFrame>("audio"); }

  const std::string path_;
  media::BufferPool pool_;
  std::optional<OperatorHarness> harness_;
};

TEST_F(Files, ASourceGivesTheWholeFileAsFastAsItIsTaken) {
  const std::vector<float> sound = test::noise(16'100, 1);
  ASSERT_TRUE(codec::write_wav(path_, kRate, sound));
  open_source({.paced = false}, 3);
  const auto frames = read();
  ASSERT_EQ(frames.size(), 51U);
  std::vector<float> samples;
  for (const AudioFrame& frame : frames) {
    EXPECT_EQ(frame.head.pts.samples(kRate), static_cast<std::int64_t>(samples.size()));
    EXPECT_EQ(frame.head.is_last, &frame == &frames.back());
    const auto part = frame.samples.floats();
    samples.insert(samples.end(), part.begin(), part.end());
  }
  EXPECT_AUDIO_NEAR(samples, sound, 1e-4F);
}

TEST_F(Files, APacedSourceKeepsTheClocksTime) {
  ASSERT_TRUE(codec::write_wav(path_, kRate, test::noise(kRate, 1)));
  open_source({.frame_ms = 100});
  EXPECT_EQ(read().size(), 1U);
  harness_->advance(99ms);
  EXPECT_EQ(read().size(), 0U);
  harness_->advance(1ms);
  EXPECT_EQ(read().size(), 1U);
  harness_->advance(500ms);
  EXPECT_EQ(read().size(), 5U);
  harness_->advance(5'000ms);
  EXPECT_EQ(read().size(), 3U);
}

TEST_F(Files, ALoopGoesOnInTime) {
  ASSERT_TRUE(codec::write_wav(path_, kRate, test::noise(1'600, 1)));
  open_source({.frame_ms = 100, .loop = true});
  harness_->advance(1'000ms);
  const auto frames = read();
  ASSERT_EQ(frames.size(), 11U);
  EXPECT_EQ(frames[10].head.pts, MediaTime::from_ms(1'000));
  EXPECT_FALSE(frames[10].head.is_last);
  EXPECT_EQ(frames[10].samples.floats()[7], frames[0].samples.floats()[7]);
}

TEST_F(Files, ASourceSaysWhichFileIsMissingOrTooLong) {
  OperatorHarness missing(
      std::make_unique<FileSource>(FileSource::Options{.path = "no/such/file.wav"}, pool_));
  const Status opened = missing.open();
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, testing::HasSubstr("no/such/file.wav"));
  ASSERT_TRUE(codec::write_wav(path_, kRate, test::noise(3U * kRate, 1)));
  OperatorHarness too_long(
      std::make_unique<FileSource>(FileSource::Options{.path = path_, .seconds_max = 2}, pool_));
  EXPECT_FALSE(too_long.open());
}

TEST_F(Files, ASinkWritesWhatItGetsAndSilenceForGaps) {
  exec::ManualRuntime disk;
  const std::vector<float> sound = test::noise(3'200, 5);
  {
    OperatorHarness harness(
        std::make_unique<FileSink>(FileSink::Options{.path = path_}, disk.executor));
    ASSERT_TRUE(harness.open());
    for (std::int64_t at : {0, 320, 1'280}) {  // the frames at 640 and 960 are missing
      ASSERT_TRUE(harness.feed(
          "audio",
          test::audio_frame(pool_, std::span(sound).subspan(static_cast<std::size_t>(at), 320),
                            kRate, at)));
      harness.run();
      disk.run_until_idle();
    }
    harness.close();
  }
  const auto clip = codec::read_audio_file(path_);
  ASSERT_TRUE(clip);
  std::vector<float> expected(sound.begin(), sound.begin() + 1'600);
  std::fill(expected.begin() + 640, expected.begin() + 1'280, 0.0F);
  EXPECT_AUDIO_NEAR(clip->samples, expected, 1e-4F);
}

TEST_F(Files, ASlowDiskMakesFramesWait) {
  exec::ManualRuntime disk;
  OperatorHarness harness(
      std::make_unique<FileSink>(FileSink::Options{.path = path_}, disk.executor));
  ASSERT_TRUE(harness.open());
  const std::vector<float> sound(160, 0.25F);
  int fed = 0;
  for (; fed < 1'000; ++fed) {
    if (!harness.feed("audio", test::audio_frame(pool_, sound, kRate, 160 * fed))) break;
    harness.run();
  }
  EXPECT_EQ(fed, static_cast<int>(FileSink::kFramesMax + graph::kPortCapacityDefault));
  disk.run_until_idle();
  harness.run();
  disk.run_until_idle();
  EXPECT_TRUE(harness.feed("audio", test::audio_frame(pool_, sound, kRate, 160 * fed)));
  harness.run();
  harness.close();
  const auto clip = codec::read_audio_file(path_);
  ASSERT_TRUE(clip);
  EXPECT_EQ(clip->samples.size(), static_cast<std::size_t>(160 * (fed + 1)));
}

TEST_F(Files, ASinkSaysWhereItMayNotWrite) {
  exec::ManualRuntime disk;
  OperatorHarness harness(std::make_unique<FileSink>(
      FileSink::Options{.path = "no/such/folder/out.wav"}, disk.executor));
  const Status opened = harness.open();
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, testing::HasSubstr("no/such/folder/out.wav"));
}

TEST_F(Files, ADiskThatIsFullIsAnErrorOfTheNode) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  exec::ManualRuntime disk;
  OperatorHarness harness(
      std::make_unique<FileSink>(FileSink::Options{.path = "/dev/full"}, disk.executor));
  if (!harness.open()) return;  // the header did not get there
  const std::vector<float> sound(16'000, 0.25F);
  for (int i = 0; i < 8; ++i) {
    static_cast<void>(harness.feed("audio", test::audio_frame(pool_, sound, kRate, 16'000 * i)));
    harness.run();
    disk.run_until_idle();
    harness.run();
  }
  const auto errors = harness.errors();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0].error.message, testing::HasSubstr("/dev/full"));
}

}  // namespace
}  // namespace parley::operators
