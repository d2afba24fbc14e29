// SPDX-License-Identifier: Apache-2.0
#include "protocol/transcription/subtitles.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

using media::MediaTime;

FileSegment segment(std::int64_t begin_ms, std::int64_t end_ms, std::string text,
                    std::string speaker = {}) {
  return {.begin = MediaTime::from_ms(begin_ms),
          .end = MediaTime::from_ms(end_ms),
          .text = std::move(text),
          .speaker = std::move(speaker)};
}

TEST(Subtitles, EachSegmentWithTextIsACue) {
  FileTranscript transcript;
  transcript.segments = {segment(0, 3320, "The beach was a popular spot."),
                         segment(3320, 4000, " \n "), segment(61'005, 3'723'004, "Two\r\nlines.")};
  EXPECT_EQ(to_srt(transcript),
            "1\n"
            "00:00:00,000 --> 00:00:03,320\n"
            "The beach was a popular spot.\n"
            "\n"
            "2\n"
            "00:01:01,005 --> 01:02:03,004\n"
            "Two lines.\n"
            "\n");
  EXPECT_EQ(to_vtt(transcript),
            "WEBVTT\n"
            "\n"
            "00:00:00.000 --> 00:00:03.320\n"
            "The beach was a popular spot.\n"
            "\n"
            "00:01:01.005 --> 01:02:03.004\n"
            "Two lines.\n"
            "\n");
}

TEST(Subtitles, NothingSaidIsNoCue) {
  EXPECT_EQ(to_srt({}), "");
  EXPECT_EQ(to_vtt({}), "WEBVTT\n\n");
}

TEST(Subtitles, ATextCannotBreakACue) {
  struct Case {
    const char* text;
    const char* srt;
    const char* vtt;
  };
  for (const Case& each : {Case{"a --> b", "a -> b", "a --&gt; b"}, Case{"--->", "->", "---&gt;"},
                           Case{"-->-->", "->->", "--&gt;--&gt;"},
                           Case{"<b>Q&A</b>", "<b>Q&A</b>", "&lt;b&gt;Q&amp;A&lt;/b&gt;"},
                           Case{"one\n\ntwo", "one two", "one two"}, Case{"\r\n 1 \n", "1", "1"},
                           Case{"naïve 日本", "naïve 日本", "naïve 日本"}}) {
    FileTranscript transcript;
    transcript.segments = {segment(0, 1000, each.text)};
    EXPECT_EQ(to_srt(transcript),
              "1\n00:00:00,000 --> 00:00:01,000\n" + std::string(each.srt) + "\n\n");
    EXPECT_EQ(to_vtt(transcript),
              "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n" + std::string(each.vtt) + "\n\n");
  }
}

TEST(Subtitles, SpeakersAreNamed) {
  FileTranscript transcript;
  transcript.segments = {segment(0, 1000, "Hello.", "A"), segment(1000, 2000, "Hi.", "<Bob>\n-->")};
  EXPECT_EQ(to_srt(transcript),
            "1\n00:00:00,000 --> 00:00:01,000\nA: Hello.\n\n"
            "2\n00:00:01,000 --> 00:00:02,000\n<Bob> ->: Hi.\n\n");
  EXPECT_EQ(to_vtt(transcript),
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<v A>Hello.\n\n"
            "00:00:01.000 --> 00:00:02.000\n<v &lt;Bob&gt; --&gt;>Hi.\n\n");
}

TEST(Subtitles, ANameMakesNoArrow) {
  FileTranscript transcript;
  transcript.segments = {segment(0, 1000, "Hello.", "a --")};
  EXPECT_EQ(to_vtt(transcript), "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<v a -- >Hello.\n\n");
}

TEST(Subtitles, ACueLastsAtLeastAMillisecond) {
  FileTranscript transcript;
  transcript.segments = {segment(2000, 2000, "a"), segment(3000, 1000, "b")};
  EXPECT_EQ(to_srt(transcript),
            "1\n00:00:02,000 --> 00:00:02,001\na\n\n2\n00:00:03,000 --> 00:00:03,001\nb\n\n");
}

TEST(Subtitles, TimesAreRoundedAndHoursGrow) {
  struct Case {
    MediaTime time;
    const char* text;
  };
  for (const Case& each : {Case{MediaTime{-5}, "00:00:00.000"}, Case{MediaTime{}, "00:00:00.000"},
                           Case{MediaTime::from_samples(7, 16'000), "00:00:00.000"},
                           Case{MediaTime::from_samples(8, 16'000), "00:00:00.001"},
                           Case{MediaTime::from_samples(959'993, 16'000), "00:01:00.000"},
                           Case{MediaTime::from_ms(359'999'999), "99:59:59.999"},
                           Case{MediaTime::from_ms(360'000'000), "100:00:00.000"},
                           Case{MediaTime::from_ms(3'600'000'000'001), "1000000:00:00.001"}}) {
    std::string text;
    append_cue_time(text, each.time, '.');
    EXPECT_EQ(text, each.text);
  }
}

}  // namespace
}  // namespace parley::protocol
