// SPDX-License-Identifier: Apache-2.0
#include "codec/audio_file.h"

#include <cmath>
#include <fstream>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sndfile.h>
#include <unistd.h>

#include "codec/wav_writer.h"
#include "tests/support/audio.h"

namespace parley::codec {
namespace {

using parley::test::rms;
using parley::test::sine;
using ::testing::AllOf;
using ::testing::HasSubstr;

class AudioFile : public ::testing::Test {
 protected:
  AudioFile() {
    folder = std::filesystem::path(::testing::TempDir()) /
             ("parley-audio-file-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
  }
  ~AudioFile() override { std::filesystem::remove_all(folder); }

  std::filesystem::path written(const std::string& name, int format, int rate, int channels,
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
  static std::vector<std::byte> bytes_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::vector<char> chars{std::istreambuf_iterator<char>(in), {}};
    const std::span<const std::byte> bytes = std::as_bytes(std::span(chars));
    return {bytes.begin(), bytes.end()};
  }
  static Error error_of(const Result<AudioClip>& clip) {
    EXPECT_FALSE(clip);
    return clip ? Error{} : clip.error();
  }
  std::filesystem::path folder;
};

TEST_F(AudioFile, ReadsEveryFormatAndRate) {
  struct Case {
    const char* name;
    int format;
    double slack;  // seconds: MP3 pads
  };
  for (const Case& each : {Case{"a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 0},
                           Case{"b.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 0},
                           Case{"c.wav", SF_FORMAT_WAV | SF_FORMAT_ULAW, 0},
                           Case{"d.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 0},
                           Case{"e.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 0},
                           Case{"f.mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 0.1}}) {
    for (const int rate : {8'000, 22'050, 44'100, 48'000}) {
      const std::vector<float> in = sine(static_cast<std::size_t>(rate), 440, rate);
      const auto path = written(each.name, each.format, rate, 1, in);
      const Result<AudioClip> clip = read_audio_file(path, {.rate = 16'000});
      ASSERT_TRUE(clip) << clip.error().message;
      EXPECT_EQ(clip->rate, 16'000);
      EXPECT_NEAR(clip->seconds(), 1.0, each.slack + 1e-9) << each.name << " " << rate;
      EXPECT_NEAR(rms(clip->samples), 0.5 / std::sqrt(2.0), 0.03) << each.name << " " << rate;
      const Result<AudioClip> same = read_audio_bytes(bytes_of(path), "bytes", {.rate = 16'000});
      ASSERT_TRUE(same) << same.error().message;
      EXPECT_AUDIO_NEAR(same->samples, clip->samples, 0.0F);
    }
  }
}

TEST_F(AudioFile, KeepsRateAndSamplesWhenNotAsked) {
  const std::vector<float> in = sine(1000, 300, 22'050);
  const auto path = written("a.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 22'050, 1, in);
  const Result<AudioClip> clip = read_audio_file(path);
  ASSERT_TRUE(clip);
  EXPECT_EQ(clip->rate, 22'050);
  EXPECT_AUDIO_NEAR(clip->samples, in, 0.0F);
}

TEST_F(AudioFile, MixesChannelsDown) {
  std::vector<float> interleaved;
  for (int i = 0; i < 100; ++i) interleaved.insert(interleaved.end(), {0.9F, 0.3F, 0.0F});
  const auto path = written("a.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 16'000, 3, interleaved);
  const Result<AudioClip> clip = read_audio_file(path);
  ASSERT_TRUE(clip);
  EXPECT_AUDIO_NEAR(clip->samples, std::vector<float>(100, 0.4F), 1e-6F);
}

TEST_F(AudioFile, SamplesThatAreNoNumbersAreSilenceAndTooLoudOnesAreClamped) {
  const std::vector<float> in{0.5F, std::nanf(""), 3e38F, -7.0F, -0.5F};
  const auto path = written("a.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 16'000, 1, in);
  const Result<AudioClip> clip = read_audio_file(path);
  ASSERT_TRUE(clip);
  EXPECT_EQ(clip->samples, (std::vector<float>{0.5F, 0.0F, 1.0F, -1.0F, -0.5F}));
}

TEST_F(AudioFile, NamesTheFileAndTheReason) {
  const auto missing = folder / "missing.wav";
  Error error = error_of(read_audio_file(missing));
  EXPECT_EQ(error.code, ErrorCode::not_found);
  EXPECT_THAT(error.message, AllOf(HasSubstr(missing.string()), HasSubstr("No such file")));

  error = error_of(read_audio_file(folder));
  EXPECT_EQ(error.code, ErrorCode::invalid_argument);
  EXPECT_THAT(error.message, HasSubstr("is a folder"));

  std::ofstream(folder / "text.wav") << "this is a letter, not a sound";
  error = error_of(read_audio_file(folder / "text.wav"));
  EXPECT_EQ(error.code, ErrorCode::data_corrupt);
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("text.wav"), HasSubstr("not a WAV, FLAC, Ogg or MP3")));

  std::ofstream(folder / "empty.wav").flush();
  error = error_of(read_audio_file(folder / "empty.wav"));
  EXPECT_EQ(error.code, ErrorCode::data_corrupt);

  error = error_of(read_audio_bytes({}, "upload"));
  EXPECT_THAT(error.message, HasSubstr("upload: not a WAV"));
}

TEST_F(AudioFile, HasALimitOfSeconds) {
  const auto path =
      written("a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8'000, 1, parley::test::silence(24'000));
  const Error error = error_of(read_audio_file(path, {.seconds_max = 2}));
  EXPECT_EQ(error.code, ErrorCode::resource_exhausted);
  EXPECT_THAT(error.message, HasSubstr("limit of 2 s"));
}

TEST_F(AudioFile, AFileThatEndsEarlyGivesWhatThereIs) {
  const auto path =
      written("a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16'000, 1, sine(16'000, 440, 16'000));
  std::filesystem::resize_file(path, 44 + 8'000);
  const Result<AudioClip> clip = read_audio_file(path);
  ASSERT_TRUE(clip) << clip.error().message;
  EXPECT_EQ(clip->samples.size(), 4'000U);
}

TEST_F(AudioFile, ReadsWhatWavWriterWrites) {
  const std::vector<float> in = sine(10'000, 440, 24'000);
  const auto path = folder / "out.wav";
  Result<WavWriter> writer = WavWriter::create(path, 24'000);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->write(std::span(in).first(3'333)));
  ASSERT_TRUE(writer->write(std::span(in).subspan(3'333)));
  ASSERT_TRUE(writer->finish());
  EXPECT_EQ(std::filesystem::file_size(path), kWavHeaderBytes + 20'000);
  const Result<AudioClip> clip = read_audio_file(path);
  ASSERT_TRUE(clip) << clip.error().message;
  EXPECT_EQ(clip->rate, 24'000);
  EXPECT_AUDIO_NEAR(clip->samples, in, 1.0F / 32768);
}

TEST_F(AudioFile, WritingSaysWhyItCannot) {
  Status status = write_wav(folder / "no" / "such.wav", 16'000, {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::not_found);
  EXPECT_THAT(status.error().message, AllOf(HasSubstr("such.wav"), HasSubstr("No such file")));
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full here";
  status = write_wav("/dev/full", 16'000, sine(100, 440, 16'000));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::unavailable);
  EXPECT_THAT(status.error().message, HasSubstr("No space left"));
}

}  // namespace
}  // namespace parley::codec
