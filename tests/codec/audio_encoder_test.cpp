// SPDX-License-Identifier: Apache-2.0
//
// What comes out, of every encoder, is decoded by other people's decoders and compared with what
// went in.
#include "codec/audio_encoder.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "codec/aac_encoder.h"
#include "codec/audio_codec.h"
#include "codec/audio_file.h"
#include "codec/flac_encoder.h"
#include "codec/mp3_encoder.h"
#include "codec/opus_encoder.h"
#include "codec/pcm_encoder.h"

namespace parley::codec {
namespace {

using enum AudioFileFormat;

constexpr std::size_t kPiece = 960;

/// Something like a voice: harmonics of a gliding tone, in syllables of different loudness.
std::vector<float> speech(int rate, double seconds) {
  std::vector<float> samples(static_cast<std::size_t>(rate * seconds));
  double phase = 0.0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double time = static_cast<double>(i) / rate;
    const double pitch = 130.0 + 30.0 * std::sin(2.0 * std::numbers::pi * 0.7 * time);
    phase += 2.0 * std::numbers::pi * pitch / rate;
    const double loudness = 0.1 + 0.9 * std::pow(std::sin(std::numbers::pi * 3.1 * time), 2.0);
    double sum = 0.0;
    for (int harmonic = 1; harmonic <= 20; ++harmonic) {
      sum += std::sin(phase * harmonic + harmonic * harmonic) / harmonic;
    }
    samples[i] = static_cast<float>(0.2 * loudness * sum);
  }
  return samples;
}

std::string encoded(const AudioEncoding& encoding, std::span<const float> samples,
                    std::size_t piece = kPiece) {
  auto encoder = AudioEncoder::make(encoding);
  EXPECT_TRUE(encoder) << encoder.error().message;
  std::string bytes;
  for (; !samples.empty(); samples = samples.subspan(std::min(piece, samples.size()))) {
    EXPECT_TRUE((*encoder)->encode(samples.first(std::min(piece, samples.size())), bytes));
  }
  EXPECT_TRUE((*encoder)->finish(bytes));
  return bytes;
}

bool has_ffmpeg() {
  static const bool has = std::system("ffmpeg -version > /dev/null 2>&1") == 0;
  return has;
}

/// By ffmpeg, at the rate of the file.
std::vector<float> decoded_by_ffmpeg(const std::string& bytes, const std::string& format) {
  std::string name = (std::filesystem::temp_directory_path() / "parley-encoded-XXXXXX").string();
  const int file = mkstemp(name.data());
  EXPECT_GE(file, 0);
  close(file);
  std::ofstream(name, std::ios::binary) << bytes;
  const std::string command = "ffmpeg -v error -f " + format + " -i " + name + " -f f32le -ac 1 -";
  std::FILE* const pipe = popen(command.c_str(), "r");
  std::vector<float> samples;
  std::array<float, 4096> block{};
  for (std::size_t got = 1; got > 0;) {
    got = std::fread(block.data(), sizeof(float), block.size(), pipe);
    samples.insert(samples.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
  }
  EXPECT_EQ(pclose(pipe), 0);
  std::filesystem::remove(name);
  return samples;
}

std::vector<float> decoded_raw(const std::string& bytes, media::Codec codec) {
  std::vector<float> samples(sample_count(codec, bytes.size()));
  decode(codec, std::as_bytes(std::span(bytes)).first(samples.size() * bytes_per_sample(codec)),
         samples);
  return samples;
}

/// At `rate` (libsndfile gives Opus at 48 kHz).
std::vector<float> decoded(AudioFileFormat format, const std::string& bytes, int rate) {
  if (format == pcm) return decoded_raw(bytes, media::Codec::pcm16);
  if (format == pcmu) return decoded_raw(bytes, media::Codec::pcmu);
  if (format == pcma) return decoded_raw(bytes, media::Codec::pcma);
  if (format == aac) return decoded_by_ffmpeg(bytes, "aac");
  const auto clip = read_audio_bytes(std::as_bytes(std::span(bytes)), format_name(format),
                                     {.rate = rate, .seconds_max = 60.0});
  EXPECT_TRUE(clip) << clip.error().message;
  return clip ? clip->samples : std::vector<float>();
}

/// Of `heard` from sample `lag` on against `said`, in dB.
double snr(std::span<const float> said, std::span<const float> heard, std::size_t lag) {
  double signal = 1e-12;
  double noise = 1e-12;
  for (std::size_t i = 0; i < said.size() && i + lag < heard.size(); ++i) {
    const double difference = heard[i + lag] - said[i];
    signal += said[i] * said[i];
    noise += difference * difference;
  }
  return 10.0 * std::log10(signal / noise);
}

struct Expected {
  AudioFileFormat format;
  double snr_min;     // dB, at the bit rate for speech
  int frame_samples;  // of the codec, at most
  int held_ms;        // at 24 kHz, as the header says
};
// Opus keeps what is heard rather than the form of the wave, above 16 kHz.
constexpr std::array kExpected{Expected{pcm, 80.0, 0, 0},      Expected{wav, 80.0, 0, 0},
                               Expected{mp3, 26.0, 1152, 80},  Expected{opus, 14.0, 0, 27},
                               Expected{aac, 30.0, 1024, 110}, Expected{flac, 80.0, 0, 51},
                               Expected{pcmu, 36.0, 0, 0},     Expected{pcma, 36.0, 0, 0}};

class AudioEncoderOf : public ::testing::TestWithParam<Expected> {
 protected:
  void SetUp() override {
    if (GetParam().format == aac && !has_ffmpeg()) GTEST_SKIP() << "ffmpeg is not installed";
  }
};

TEST_P(AudioEncoderOf, KeepsTheSoundAndItsLengthAtEveryRate) {
  const auto [format, snr_min, frame_samples, held_ms] = GetParam();
  for (const int rate : {8'000, 11'025, 12'000, 16'000, 22'050, 24'000, 32'000, 44'100, 48'000}) {
    if (encodable_rate(format, rate) != rate) continue;
    SCOPED_TRACE(rate);
    const std::vector<float> said = speech(rate, 0.9);
    const auto priming = static_cast<std::size_t>(
        (*AudioEncoder::make({.format = format, .rate = rate}))->priming_samples());
    const auto heard = decoded(format, encoded({.format = format, .rate = rate}, said), rate);
    EXPECT_GE(heard.size(), said.size() + priming);
    EXPECT_LE(heard.size(), said.size() + priming + static_cast<std::size_t>(frame_samples));
    EXPECT_GE(snr(said, heard, priming), snr_min);
    const std::size_t from = priming - std::min<std::size_t>(priming, 3);
    for (std::size_t lag = from; lag <= priming + 3; ++lag) {
      EXPECT_LE(snr(said, heard, lag), snr(said, heard, priming)) << "it is " << lag << " late";
    }
  }
}

TEST_P(AudioEncoderOf, WhatHasGoneOutCanBePlayed) {
  const AudioFileFormat format = GetParam().format;
  const std::vector<float> said = speech(24'000, 0.8);
  const auto encoder = *AudioEncoder::make({.format = format, .rate = 24'000});
  const std::size_t piece = said.size() / 5 + 1;
  std::string bytes;
  for (std::size_t fed = piece; fed <= said.size(); fed += piece) {
    ASSERT_TRUE(encoder->encode(std::span(said).subspan(fed - piece, piece), bytes));
    const std::vector<float> heard = decoded(format, bytes, 24'000);
    EXPECT_GE(heard.size() + static_cast<std::size_t>(GetParam().held_ms * 24),
              fed + static_cast<std::size_t>(encoder->priming_samples()));
  }
}

TEST_P(AudioEncoderOf, DoesNotDependOnHowTheSamplesCome) {
  const AudioFileFormat format = GetParam().format;
  const std::vector<float> said = speech(24'000, 0.5);
  const std::string whole = encoded({.format = format}, said, said.size());
  for (const std::size_t piece : {1U, 7U, 480U, 5'000U}) {
    const std::string pieces = encoded({.format = format}, said, piece);
    if (format == opus) {  // its pages do, what is in them does not
      EXPECT_EQ(decoded(format, pieces, 24'000), decoded(format, whole, 24'000));
    } else {
      EXPECT_TRUE(pieces == whole) << piece;
    }
  }
}

TEST_P(AudioEncoderOf, NothingIsAValidFile) {
  const AudioFileFormat format = GetParam().format;
  const std::string bytes = encoded({.format = format}, {});
  const bool has_frames = format == mp3 || format == aac;
  if (!has_frames && format != opus) {
    EXPECT_EQ(decoded(format, bytes, 24'000).size(), 0U);
  } else {
    for (const float sample : decoded(format, bytes, 24'000)) EXPECT_NEAR(sample, 0.0F, 1e-3F);
  }
}

TEST_P(AudioEncoderOf, TakesWhatIsNoNumberAndWhatIsTooLoud) {
  const AudioFileFormat format = GetParam().format;
  std::vector<float> said = speech(24'000, 0.2);
  said[100] = std::numeric_limits<float>::quiet_NaN();
  said[101] = std::numeric_limits<float>::infinity();
  said[102] = -1e30F;
  for (const float sample : decoded(format, encoded({.format = format}, said), 24'000)) {
    ASSERT_TRUE(std::abs(sample) <= 1.5F) << sample;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, AudioEncoderOf, ::testing::ValuesIn(kExpected),
                         [](const auto& test) {
                           return std::string(format_name(test.param.format));
                         });

std::string refusal(const AudioEncoding& encoding) {
  const auto made = AudioEncoder::make(encoding);
  if (made) return "made";
  EXPECT_EQ(made.error().code, ErrorCode::invalid_argument);
  return made.error().message;
}

TEST(AudioEncoder, SaysWhichRatesThereAre) {
  EXPECT_EQ(refusal({.format = opus, .rate = 22'050}),
            "opus has no rate of 22050 Hz; it has 8000, 12000, 16000, 24000, 48000");
  EXPECT_EQ(refusal({.format = mp3, .rate = 96'000}),
            "mp3 has no rate of 96000 Hz; it has 8000, 11025, 12000, 16000, 22050, 24000, 32000, "
            "44100, 48000");
  EXPECT_EQ(refusal({.format = pcm, .rate = 1}), "pcm has no rate of 1 Hz; it has 8000 to 48000");
  EXPECT_EQ(refusal({.format = flac, .rate = -5}),
            "flac has no rate of -5 Hz; it has 8000 to 48000");
}

TEST(AudioEncoder, SaysWhichBitRatesThereAre) {
  EXPECT_EQ(refusal({.format = mp3, .rate = 24'000, .bitrate = 320'000}),
            "mp3 of 24000 Hz has no bit rate of 320000; the nearest is 160000");
  EXPECT_EQ(refusal({.format = mp3, .rate = 44'100, .bitrate = 128'000}), "made");
  EXPECT_EQ(refusal({.format = opus, .rate = 24'000, .bitrate = 5}),
            "opus has no bit rate of 5; it has 6000 to 256000");
  EXPECT_EQ(refusal({.format = aac, .rate = 8'000, .bitrate = 64'000}),
            "aac of 8000 Hz has no bit rate of 64000; it has 8000 to 48000");
}

TEST(AudioEncoder, BitRatesAreKept) {
  const std::vector<float> said = speech(24'000, 2.0);
  for (const AudioFileFormat format : {mp3, opus, aac}) {
    for (const int bitrate : {32'000, 96'000}) {
      const std::string bytes = encoded({.format = format, .bitrate = bitrate}, said, said.size());
      EXPECT_NEAR(static_cast<double>(bytes.size()) * 8.0 / 2.0, bitrate, 0.15 * bitrate)
          << format_name(format);
    }
  }
}

TEST(EncodableRate, LosesAsLittleAsCanBe) {
  EXPECT_EQ(encodable_rate(opus, 22'050), 24'000);
  EXPECT_EQ(encodable_rate(opus, 44'100), 48'000);
  EXPECT_EQ(encodable_rate(opus, 24'000), 24'000);
  EXPECT_EQ(encodable_rate(mp3, 96'000), 48'000);
  EXPECT_EQ(encodable_rate(mp3, 22'050), 22'050);
  EXPECT_EQ(encodable_rate(aac, 4'000), 8'000);
  EXPECT_EQ(encodable_rate(wav, 22'051), 22'051);
  EXPECT_EQ(encodable_rate(pcm, 192'000), 48'000);
}

TEST(AudioEncoder, FormatsHaveNamesAndTypes) {
  EXPECT_EQ(format_name(pcma), "pcma");
  EXPECT_EQ(content_type(mp3), "audio/mpeg");
  EXPECT_EQ(content_type(opus), "audio/ogg; codecs=opus");
  EXPECT_EQ(content_type(pcm), "audio/pcm");
}

TEST(AudioEncoder, Mp3HasNoFrameThatIsNotSound) {
  const std::string bytes = encoded({.format = mp3}, speech(24'000, 0.5));
  EXPECT_EQ(static_cast<unsigned char>(bytes[0]), 0xFF) << "a frame comes first";
  EXPECT_EQ(bytes.find("Xing"), std::string::npos);
  EXPECT_EQ(bytes.find("Info"), std::string::npos);
  EXPECT_EQ(bytes.find("TAG"), std::string::npos);
}

TEST(AudioEncoder, Mp3FramesStandByThemselves) {
  // MPEG-2 frames: a header of 4 bytes, then main_data_begin, which counts bits borrowed.
  const std::string bytes = encoded({.format = mp3}, speech(24'000, 0.5));
  constexpr std::size_t kFrameBytes = 72 * 64'000 / 24'000;
  ASSERT_EQ(bytes.size() % kFrameBytes, 0U);
  for (std::size_t at = 0; at < bytes.size(); at += kFrameBytes) {
    ASSERT_EQ(static_cast<unsigned char>(bytes[at]), 0xFF);
    ASSERT_EQ(bytes[at + 4], 0) << "frame " << at / kFrameBytes;
  }
}

TEST(AudioEncoder, OggPagesAreShortAndTheFirstComesAtOnce) {
  const auto encoder = *AudioEncoder::make({.format = opus});
  const std::vector<float> said = speech(24'000, 1.0);
  std::string bytes;
  ASSERT_TRUE(encoder->encode(std::span(said).first(480), bytes));  // one packet
  const auto pages = [&bytes] {
    std::size_t count = 0;
    for (std::size_t at = bytes.find("OggS"); at != std::string::npos;
         at = bytes.find("OggS", at + 1)) {
      ++count;
    }
    return count;
  };
  EXPECT_EQ(pages(), 3U) << "two headers and sound";
  ASSERT_TRUE(encoder->encode(std::span(said).subspan(480, 480 * 25), bytes));
  EXPECT_EQ(pages(), 3U + 3U) << "half a second in pages of at most 200 ms";
}

TEST(AudioEncoder, WavHasTheLengthsOfAStream) {
  const std::string bytes = encoded({.format = wav}, speech(24'000, 0.1));
  EXPECT_EQ(bytes.substr(4, 4), "\xFF\xFF\xFF\xFF");
  EXPECT_EQ(bytes.substr(40, 4), "\xFF\xFF\xFF\xFF");
  EXPECT_EQ(bytes.size(), 44U + 4800U);
}

}  // namespace
}  // namespace parley::codec
