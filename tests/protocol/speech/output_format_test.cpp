// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/output_format.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

TEST(OutputFormatTest, EveryNameOfElevenLabs) {
  struct Case {
    const char* name;
    OutputFormat format;
  };
  constexpr Case kCases[] = {
      {"mp3_22050_32", {SpeechFormat::mp3, 22'050, 32}},
      {"mp3_24000_48", {SpeechFormat::mp3, 24'000, 48}},
      {"mp3_44100_128", {SpeechFormat::mp3, 44'100, 128}},
      {"mp3_44100_192", {SpeechFormat::mp3, 44'100, 192}},
      {"pcm_8000", {SpeechFormat::pcm, 8'000, 0}},
      {"pcm_16000", {SpeechFormat::pcm, 16'000, 0}},
      {"pcm_22050", {SpeechFormat::pcm, 22'050, 0}},
      {"pcm_48000", {SpeechFormat::pcm, 48'000, 0}},
      {"wav_44100", {SpeechFormat::wav, 44'100, 0}},
      {"ulaw_8000", {SpeechFormat::pcmu, 8'000, 0}},
      {"alaw_8000", {SpeechFormat::pcma, 8'000, 0}},
      {"opus_48000_32", {SpeechFormat::opus, 48'000, 32}},
      {"opus_48000_192", {SpeechFormat::opus, 48'000, 192}},
  };
  for (const Case& given : kCases)
    EXPECT_EQ(eleven_labs_format(given.name), given.format) << given.name;
}

TEST(OutputFormatTest, OthersAreNone) {
  for (const char* name : {"", "pcm", "pcm_", "pcm_24000_", "pcm_24000_128", "pcm_x", "pcm_7999",
                           "pcm_48001", "pcm_-8000", "mp3_44100", "mp3_44100_", "mp3_44100_1280",
                           "mp3_44100_128_1", "flac_44100", "PCM_24000", "_24000", "mp3__128"}) {
    EXPECT_EQ(eleven_labs_format(name), std::nullopt) << name;
  }
}

TEST(OutputFormatTest, NamesAreRead) {
  for (const SpeechFormat format :
       {SpeechFormat::mp3, SpeechFormat::opus, SpeechFormat::aac, SpeechFormat::flac,
        SpeechFormat::wav, SpeechFormat::pcm, SpeechFormat::pcmu, SpeechFormat::pcma}) {
    EXPECT_EQ(speech_format_named(name_of(format)), format);
  }
  EXPECT_EQ(speech_format_named("ogg"), std::nullopt);
  EXPECT_EQ(deepgram_encoding("linear16"), SpeechFormat::pcm);
  EXPECT_EQ(deepgram_encoding("mulaw"), SpeechFormat::pcmu);
  EXPECT_EQ(deepgram_encoding("alaw"), SpeechFormat::pcma);
  EXPECT_EQ(deepgram_encoding("pcm"), std::nullopt);
}

}  // namespace
}  // namespace parley::protocol
