// SPDX-License-Identifier: Apache-2.0
#include "codec/audio_kind.h"

#include <string_view>

#include <gtest/gtest.h>

namespace parley::codec {
namespace {

using namespace std::string_view_literals;

TEST(AudioKind, IsToldByTheFirstBytes) {
  struct Case {
    std::string_view begin;
    std::string_view name;
    bool ffmpeg;
  };
  for (const Case& each : {
           Case{"RIFF\x24\0\0\0WAVEfmt "sv, "WAV", false},
           Case{"RF64\xFF\xFF\xFF\xFFWAVEds64"sv, "WAV", false},
           Case{"fLaC\0\0\0\x22"sv, "FLAC", false},
           Case{"OggS\0\x02"sv, "Ogg", false},
           Case{"ID3\x04\0"sv, "MP3", false},
           Case{"\xFF\xFB\x90\x64"sv, "MP3", false},
           Case{"\xFF\xF3\x40\xC4"sv, "MP3", false},
           Case{"FORM\0\0\0\x2E"
                "AIFFCOMM"sv,
                "AIFF", false},
           Case{".snd\0\0\0\x18"sv, "AU", false},
           Case{"caff\0\x01"sv, "CAF", false},
           Case{"\0\0\0\x20"
                "ftypM4A "sv,
                "MP4 (M4A)", true},
           Case{"\x1A\x45\xDF\xA3\x01"sv, "WebM", true},
           Case{"\xFF\xF1\x50\x80"sv, "AAC", true},
           Case{"\xFF\xF9\x50\x80"sv, "AAC", true},
           Case{"#!AMR\n"sv, "AMR", true},
           Case{"RIFF\x24\0\0\0AVI LIST"sv, "unknown", false},
           Case{"Hello"sv, "unknown", false},
           Case{"\xFF"sv, "unknown", false},
           Case{"\xFF\x00"sv, "unknown", false},
           Case{"RIFF"sv, "unknown", false},
           Case{""sv, "unknown", false},
       }) {
    const AudioKind kind = audio_kind_of(std::as_bytes(std::span(each.begin)));
    EXPECT_EQ(name_of(kind), each.name);
    EXPECT_EQ(needs_ffmpeg(kind), each.ffmpeg) << each.name;
  }
}

}  // namespace
}  // namespace parley::codec
