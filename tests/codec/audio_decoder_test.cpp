// SPDX-License-Identifier: Apache-2.0
#include "codec/audio_decoder.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sndfile.h>
#include <unistd.h>

#include "codec/audio_file.h"
#include "codec/wav_writer.h"
#include "tests/support/audio.h"

namespace parley::codec {
namespace {

using ::testing::HasSubstr;

class AudioDecoder : public ::testing::Test {
 protected:
  AudioDecoder() { std::filesystem::create_directories(folder); }
  ~AudioDecoder() override { std::filesystem::remove_all(folder); }

  std::filesystem::path written(const char* name, int format, int rate, int channels,
                                std::span<const float> interleaved) {
    const std::filesystem::path path = folder / name;
    SF_INFO info{};
    info.format = format;
    info.samplerate = rate;
    info.channels = channels;
    SNDFILE* const file = sf_open(path.c_str(), SFM_WRITE, &info);
    EXPECT_NE(file, nullptr) << name << ": " << sf_strerror(nullptr);
    sf_writef_float(file, interleaved.data(),
                    static_cast<sf_count_t>(interleaved.size()) / channels);
    sf_close(file);
    return path;
  }
  static std::vector<float> pulled(AudioSource& source, std::size_t block_size) {
    std::vector<float> all;
    std::vector<float> block(block_size);
    while (true) {
      const Result<std::size_t> count = source.read(block);
      EXPECT_TRUE(count) << count.error().message;
      if (!count || *count == 0) return all;
      all.insert(all.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(*count));
    }
  }
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) /
                                       ("parley-audio-decoder-" + std::to_string(::getpid()));
};

TEST_F(AudioDecoder, BlocksOfAnySizeAreTheWholeRecording) {
  struct Case {
    const char* name;
    int format;
    int rate;
  };
  for (const Case& each : {Case{"a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 44'100},
                           Case{"b.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 16'000},
                           Case{"c.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 22'050},
                           Case{"d.opus", SF_FORMAT_OGG | SF_FORMAT_OPUS, 48'000},
                           Case{"e.mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 24'000},
                           Case{"f.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_24, 8'000}}) {
    const auto in = test::sine(static_cast<std::size_t>(each.rate), 440, each.rate);
    const auto path = written(each.name, each.format, each.rate, 1, in);
    const Result<AudioClip> whole = read_audio_file(path, {.rate = 16'000});
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_NEAR(test::rms(whole->samples), 0.5 / std::sqrt(2.0), 0.03) << each.name;
    for (const std::size_t block : {1UL, 333UL, 16'000UL, 100'000UL}) {
      const auto source = open_audio_file(path, {.rate = 16'000});
      ASSERT_TRUE(source) << source.error().message;
      EXPECT_EQ((*source)->rate(), 16'000);
      ASSERT_TRUE((*source)->stated_seconds()) << each.name;
      EXPECT_NEAR(*(*source)->stated_seconds(), 1.0, 0.1) << each.name;
      EXPECT_AUDIO_NEAR(pulled(**source, block), whole->samples, 0.0F);
    }
  }
}

TEST_F(AudioDecoder, RefusesMoreChannelsThanItIsAskedToTake) {
  const auto path =
      written("a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8'000, 3, test::silence(300));
  EXPECT_TRUE(open_audio_file(path, {.channels_max = 3}));
  const auto source = open_audio_file(path, {.channels_max = 2});
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(source.error().message, HasSubstr("a.wav: has 3 channels; at most 2 can be read"));
}

TEST_F(AudioDecoder, RefusesWhatSaysThatItIsTooLongBeforeItIsRead) {
  const auto path =
      written("a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8'000, 1, test::silence(24'000));
  const auto source = open_audio_file(path, {.seconds_max = 2});
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::resource_exhausted);
  EXPECT_TRUE(open_audio_file(path, {.seconds_max = 3}));
}

TEST_F(AudioDecoder, NamesTheKindsThatNeedFfmpeg) {
  constexpr std::string_view kBegin(
      "\0\0\0\x20"
      "ftypM4A \0\0\0\0",
      16);
  const auto bytes = open_audio_bytes(std::as_bytes(std::span(kBegin)), "voice.m4a");
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(bytes.error().message,
            "voice.m4a: is of the kind MP4 (M4A), which needs the program ffmpeg; WAV, FLAC, Ogg, "
            "MP3 and AIFF need nothing");
  std::ofstream(folder / "a.webm") << "\x1A\x45\xDF\xA3 and so on";
  const auto file = open_audio_file(folder / "a.webm");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, HasSubstr("a.webm: is of the kind WebM"));
}

TEST_F(AudioDecoder, PlainSamplesAreNumbersBetweenMinusOneAndOne) {
  EXPECT_EQ(plain_sample(0.25F), 0.25F);
  EXPECT_EQ(plain_sample(std::nanf("")), 0.0F);
  EXPECT_EQ(plain_sample(INFINITY), 1.0F);
  EXPECT_EQ(plain_sample(-2.0F), -1.0F);
}

}  // namespace
}  // namespace parley::codec
