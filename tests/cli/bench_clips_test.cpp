// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_clips.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "codec/wav_writer.h"
#include "tests/support/audio.h"

namespace parley::cli {
namespace {

constexpr std::size_t kMs = kBenchRate / 1000;

/// A tone, a pause and a tone, between silences.
std::vector<float> recording(std::size_t pause_ms) {
  std::vector<float> samples(500 * kMs);
  const auto tone = test::sine(400 * kMs, 220.0, kBenchRate, 0.3);
  samples.insert(samples.end(), tone.begin(), tone.end());
  samples.resize(samples.size() + pause_ms * kMs);
  samples.insert(samples.end(), tone.begin(), tone.end());
  samples.resize(samples.size() + 700 * kMs);
  return samples;
}

class BenchClipsTest : public ::testing::Test {
 protected:
  BenchClipsTest() {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("parley_clips_" +
               std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(folder_);
  }
  ~BenchClipsTest() override { std::filesystem::remove_all(folder_); }

  void put(const std::string& name, const std::vector<float>& samples) {
    ASSERT_TRUE(codec::write_wav(folder_ / name, kBenchRate, samples));
  }

  std::filesystem::path folder_;
};

TEST_F(BenchClipsTest, TheLastSampleIsTheLastOfTheSpeech) {
  const BenchClip clip = cut_clip("a", recording(200));
  EXPECT_EQ(clip.samples.size() % kBenchFrameSamples, 0U);
  // 200 ms are kept before the speech of 1000 ms, and the first frame is filled up.
  EXPECT_EQ(clip.samples.size(), 1200 * kMs);
  EXPECT_NE(clip.samples[clip.samples.size() - 50], 0);
  EXPECT_EQ(clip.samples.front(), 0);
  EXPECT_EQ(clip.longest_pause, Millis(200));
}

TEST_F(BenchClipsTest, SilenceIsNoQuestion) {
  EXPECT_TRUE(cut_clip("a", std::vector<float>(24'000)).samples.empty());
  EXPECT_TRUE(cut_clip("a", {}).samples.empty());
}

TEST_F(BenchClipsTest, OfAFolderThoseThatKeepTheRules) {
  put("b.wav", recording(200));
  put("a.wav", recording(100));
  put("pauses.wav", recording(600));
  put("silent.wav", std::vector<float>(4800));
  std::ofstream(folder_ / "notes.txt") << "no audio";
  const auto clips = load_clips(folder_, {});
  ASSERT_TRUE(clips) << clips.error().message;
  ASSERT_EQ(clips->size(), 2U);
  EXPECT_EQ((*clips)[0].name, "a");
  EXPECT_EQ((*clips)[1].name, "b");
}

TEST_F(BenchClipsTest, NoneAtAllIsAnErrorThatSaysWhy) {
  put("pauses.wav", recording(600));
  const auto none = load_clips(folder_, {});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("1 are longer"), std::string::npos) << none.error().message;
  EXPECT_EQ(load_clips(folder_ / "nowhere", {}).error().code, ErrorCode::not_found);
}

TEST_F(BenchClipsTest, CutsOfATable) {
  put("all.wav", recording(600));
  std::ofstream(folder_ / "cuts.tsv") << "# comment\nfirst\tall.wav\t0.2\t1.0\tmore\twords\n"
                                         "second\tall.wav\t1.2\t9\n";
  const auto clips = load_cuts(folder_ / "cuts.tsv", folder_, {});
  ASSERT_TRUE(clips) << clips.error().message;
  ASSERT_EQ(clips->size(), 2U);
  EXPECT_EQ((*clips)[1].name, "second");
  EXPECT_EQ(load_cuts(folder_ / "none.tsv", folder_, {}).error().code, ErrorCode::not_found);
  std::ofstream(folder_ / "bad.tsv") << "name\tall.wav\tnow\n";
  EXPECT_EQ(load_cuts(folder_ / "bad.tsv", folder_, {}).error().code, ErrorCode::data_corrupt);
}

}  // namespace
}  // namespace parley::cli
