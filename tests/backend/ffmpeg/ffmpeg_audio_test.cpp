// SPDX-License-Identifier: Apache-2.0
#include "backend/ffmpeg/ffmpeg_audio.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "codec/audio_file.h"
#include "codec/wav_writer.h"
#include "exec/child_process.h"
#include "tests/support/audio.h"

namespace parley::backend {
namespace {

using ::testing::HasSubstr;

constexpr int kRate = 16'000;
constexpr std::string_view kMp4Begin(
    "\0\0\0\x20"
    "ftypM4A \0\0\0\0",
    16);

class FfmpegAudio : public ::testing::Test {
 protected:
  FfmpegAudio() { std::filesystem::create_directories(folder); }
  ~FfmpegAudio() override { std::filesystem::remove_all(folder); }

  /// A program in ffmpeg's place.
  std::string script(const std::string& text) {
    const std::filesystem::path path = folder / "script.sh";
    std::ofstream(path) << "#!/bin/sh\n" << text << '\n';
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  static std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static Result<codec::AudioClip> read(std::string_view bytes, const std::string& ffmpeg,
                                       codec::AudioFileOptions options = {.rate = kRate}) {
    PARLEY_TRY(const auto source,
               open_any_audio(std::as_bytes(std::span(bytes)), "upload", options, ffmpeg));
    return codec::read_all(*source);
  }
  static Error error_of(const Result<codec::AudioClip>& clip) {
    EXPECT_FALSE(clip);
    return clip ? Error{} : clip.error();
  }
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / ("parley-ffmpeg-" + std::to_string(::getpid()));
};

TEST_F(FfmpegAudio, ReadsTheKindsThatWeDoNot) {
  const auto ffmpeg = find_ffmpeg();
  if (!ffmpeg) GTEST_SKIP() << ffmpeg.error().message;
  const auto wav = folder / "tone.wav";
  ASSERT_TRUE(codec::write_wav(wav, kRate, test::sine(2 * kRate, 440, kRate)));
  for (const char* name : {"tone.m4a", "tone.mp4", "tone.webm", "tone.mkv", "tone.aac"}) {
    const auto path = folder / name;
    auto child = exec::ChildProcess::start(
        *ffmpeg, {"-nostdin", "-loglevel", "error", "-i", wav.string(), path.string()});
    ASSERT_TRUE(child) << child.error().message;
    const SteadyClock clock;
    std::string words;
    while (child->read_some(words, clock, clock.now() + std::chrono::seconds(60))) {
    }
    ASSERT_EQ(child->stop(), "exit status 0") << name;

    const auto clip = read(bytes_of(path), *ffmpeg);
    ASSERT_TRUE(clip) << clip.error().message;
    EXPECT_EQ(clip->rate, kRate);
    EXPECT_NEAR(clip->seconds(), 2.0, 0.15) << name;
    EXPECT_NEAR(test::rms(clip->samples), 0.5 / std::sqrt(2.0), 0.03) << name;
    const auto file = open_any_audio_file(path, {.rate = kRate}, *ffmpeg);
    ASSERT_TRUE(file) << file.error().message;
    const auto same = codec::read_all(**file);
    ASSERT_TRUE(same);
    EXPECT_AUDIO_NEAR(same->samples, clip->samples, 0.0F);

    const Error error = error_of(read(bytes_of(path), *ffmpeg, {.rate = kRate, .seconds_max = 1}));
    EXPECT_EQ(error.code, ErrorCode::resource_exhausted) << name;
    EXPECT_THAT(error.message, HasSubstr("upload: longer than the limit of 1 s"));
  }
}

TEST_F(FfmpegAudio, SaysWhenTheProgramCannotReadIt) {
  const auto ffmpeg = find_ffmpeg();
  if (!ffmpeg) GTEST_SKIP() << ffmpeg.error().message;
  const Error error = error_of(read(kMp4Begin, *ffmpeg));
  EXPECT_EQ(error.code, ErrorCode::data_corrupt);
  EXPECT_THAT(error.message, HasSubstr("upload: not a file that ffmpeg can read"));
}

TEST_F(FfmpegAudio, OtherKindsAreReadHere) {
  const auto wav = folder / "tone.wav";
  ASSERT_TRUE(codec::write_wav(wav, kRate, test::sine(kRate, 440, kRate)));
  const std::string never = script("exit 9");
  EXPECT_TRUE(read(bytes_of(wav), never));
  EXPECT_TRUE(open_any_audio_file(wav, {.rate = kRate}, never));
  EXPECT_THAT(error_of(read("no audio", never)).message, HasSubstr("not a WAV"));
  EXPECT_FALSE(open_any_audio_file(folder / "none.m4a", {}, never));
}

TEST_F(FfmpegAudio, WithoutTheProgramTheKindIsNamed) {
  const Error error = error_of(read(kMp4Begin, ""));
  EXPECT_EQ(error.code, ErrorCode::invalid_argument);
  EXPECT_THAT(error.message, HasSubstr("upload: is of the kind MP4 (M4A), which needs"));
  EXPECT_EQ(error_of(read(kMp4Begin, folder / "none")).code, ErrorCode::not_found);
}

TEST_F(FfmpegAudio, SamplesMayComeInAnyPieces) {
  // 1.0F, then 0.5F in two pieces, then NaN, then half a sample.
  const std::string program =
      script(R"(printf '\000\000\200\077\000\000'; printf '\000\077\000\000\300\177\000\000')");
  const auto clip = read(kMp4Begin, program, {});
  ASSERT_TRUE(clip) << clip.error().message;
  EXPECT_EQ(clip->rate, kFfmpegRate);
  EXPECT_EQ(clip->samples, (std::vector<float>{1.0F, 0.5F, 0.0F}));
}

TEST_F(FfmpegAudio, AProgramThatFailsOnTheWayIsAnError) {
  const std::string program = script(R"(printf '\000\000\200\077'; exit 3)");
  const Error error = error_of(read(kMp4Begin, program));
  EXPECT_EQ(error.code, ErrorCode::data_corrupt);
  EXPECT_THAT(error.message, HasSubstr("exit status 3"));
}

TEST_F(FfmpegAudio, TheProgramGetsTheRecordingAndHasLimits) {
  const std::string program = script("cat /proc/self/fd/0 >" + (folder / "got").string() +
                                     "; ulimit -v >" + (folder / "limit").string());
  ASSERT_TRUE(read(kMp4Begin, program));
  EXPECT_EQ(bytes_of(folder / "got"), kMp4Begin);
  EXPECT_EQ(bytes_of(folder / "limit"), std::to_string(kFfmpegMemoryMax / 1024) + "\n");
}

TEST_F(FfmpegAudio, ASourceThatIsDroppedEndsItsProgram) {
  const std::string program = script("printf '\\000\\000\\200\\077'; exec tail -f /dev/null");
  const auto source =
      open_any_audio(std::as_bytes(std::span(kMp4Begin)), "upload", {.rate = kRate}, program);
  ASSERT_TRUE(source) << source.error().message;
  std::vector<float> one(1);
  EXPECT_EQ((*source)->read(one).value_or(0), 1U);
}

}  // namespace
}  // namespace parley::backend
