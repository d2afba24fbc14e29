// SPDX-License-Identifier: Apache-2.0
#include "cli/transcript_format.h"

#include <gtest/gtest.h>

namespace parley::cli {
namespace {

using media::MediaTime;

HeardRecording heard() {
  service::RecognizedText one;
  one.begin = MediaTime::from_ms(500);
  one.end = MediaTime::from_ms(2000);
  one.text = "Guten Tag.\tUnd\nmehr.";
  one.language = "de";
  service::RecognizedText nothing;
  nothing.begin = nothing.end = MediaTime::from_ms(3000);
  return {.length = MediaTime::from_ms(4000), .utterances = {one, nothing}};
}

TEST(TranscriptFormatTest, TextIsTheTextAndInAListOneLineOfTwoColumns) {
  EXPECT_EQ(written(TranscriptFormat::text, "a.wav", heard()), "Guten Tag.\tUnd\nmehr.\n");
  EXPECT_EQ(listed(TranscriptFormat::text, "a.wav", heard()), "a.wav\tGuten Tag. Und mehr.\n");
}

TEST(TranscriptFormatTest, JsonNamesTheLanguageWhereItIsKnown) {
  EXPECT_EQ(written(TranscriptFormat::json, "a.wav", heard()),
            R"({"file":"a.wav","text":"Guten Tag.\tUnd\nmehr.","seconds":4,"language":"de",)"
            R"("segments":[{"start":0.5,"end":2,"text":"Guten Tag.\tUnd\nmehr.","words":[]},)"
            R"({"start":3,"end":3,"text":"","words":[]}]})"
            "\n");
  EXPECT_EQ(written(TranscriptFormat::json, "a.wav", {}),
            "{\"file\":\"a.wav\",\"text\":\"\",\"seconds\":0,\"segments\":[]}\n");
}

TEST(TranscriptFormatTest, SubtitlesHaveNoCueForWhatHasNoWords) {
  EXPECT_EQ(written(TranscriptFormat::srt, "a.wav", heard()),
            "1\n00:00:00,500 --> 00:00:02,000\nGuten Tag.\tUnd mehr.\n\n");
  EXPECT_EQ(listed(TranscriptFormat::vtt, "a.wav", {}), "WEBVTT\n\n");
}

TEST(TranscriptFormatTest, EachHasItsEnding) {
  EXPECT_EQ(ending_of(TranscriptFormat::text), "txt");
  EXPECT_EQ(ending_of(TranscriptFormat::json), "json");
  EXPECT_EQ(ending_of(TranscriptFormat::srt), "srt");
  EXPECT_EQ(ending_of(TranscriptFormat::vtt), "vtt");
}

}  // namespace
}  // namespace parley::cli
