// SPDX-License-Identifier: Apache-2.0
#include "protocol/transcription/transcript_answer.h"

#include <array>

#include <gtest/gtest.h>

#include "protocol/transcription/file_transcript.h"

namespace parley::protocol {
namespace {

using media::MediaTime;

FileTranscript hello() {
  FileTranscript transcript;
  transcript.language = "en";
  transcript.duration = MediaTime::from_ms(8470);
  transcript.text = "Hello \"you\". Bye.";
  transcript.segments = {
      {.begin = MediaTime::from_ms(500),
       .end = MediaTime::from_ms(3320),
       .text = "Hello \"you\".",
       .speaker = "agent",
       .words = {{"Hello", MediaTime::from_ms(500), MediaTime::from_ms(1240)},
                 {"\"you\".", MediaTime::from_ms(1240), MediaTime::from_ms(3320)}},
       .avg_logprob = -0.25,
       .no_speech_prob = 0.01,
       .compression_ratio = 1.25,
       .tokens = {50364, 440}},
      {.begin = MediaTime::from_ms(4000), .end = MediaTime::from_ms(5000), .text = "Bye."}};
  return transcript;
}

TEST(TranscriptAnswer, Json) {
  FileTranscript transcript = hello();
  EXPECT_EQ(transcript_json(transcript),
            R"({"text":"Hello \"you\". Bye.","usage":{"type":"duration","seconds":9}})");
  transcript.text = "é";
  transcript.logprobs = {{"\xC3", -0.5}, {"\xA9", -1.0}};
  EXPECT_EQ(transcript_json(transcript),
            "{\"text\":\"é\",\"logprobs\":["
            "{\"token\":\"\xEF\xBF\xBD\",\"logprob\":-0.5,\"bytes\":[195]},"
            "{\"token\":\"\xEF\xBF\xBD\",\"logprob\":-1,\"bytes\":[169]}],"
            "\"usage\":{\"type\":\"duration\",\"seconds\":9}}");
  EXPECT_EQ(transcript_json(transcript, true), "{\"text\":\"é\"}");
}

TEST(TranscriptAnswer, TextIsALine) {
  EXPECT_EQ(transcript_text(hello()), "Hello \"you\". Bye.\n");
  EXPECT_EQ(transcript_text({}), "\n");
}

TEST(TranscriptAnswer, VerboseJson) {
  const std::string head =
      R"({"task":"transcribe","language":"english","duration":8.47,"text":"Hello \"you\". Bye.",)";
  const std::string words = R"("words":[{"word":"Hello","start":0.5,"end":1.24},)"
                            R"({"word":"\"you\".","start":1.24,"end":3.32}],)";
  const std::string segments =
      R"("segments":[{"id":0,"seek":50,"start":0.5,"end":3.32,"text":"Hello \"you\".",)"
      R"("tokens":[50364,440],"temperature":0.5,"avg_logprob":-0.25,"compression_ratio":1.25,)"
      R"("no_speech_prob":0.01},)"
      R"({"id":1,"seek":400,"start":4,"end":5,"text":"Bye.","tokens":[],"temperature":0.5,)"
      R"("avg_logprob":0,"compression_ratio":1,"no_speech_prob":0}],)";
  const std::string usage = R"("usage":{"type":"duration","seconds":9}})";
  EXPECT_EQ(transcript_verbose_json(hello(), {.temperature = 0.5}), head + segments + usage);
  EXPECT_EQ(transcript_verbose_json(hello(), {.segments = false, .words = true}),
            head + words + usage);
  EXPECT_EQ(transcript_verbose_json(hello(), {.words = true, .temperature = 0.5}),
            head + words + segments + usage);
}

TEST(TranscriptAnswer, VerboseJsonOfATranslationAndOfAnUnknownLanguage) {
  FileTranscript transcript;
  EXPECT_EQ(transcript_verbose_json(transcript, {}),
            R"({"task":"transcribe","language":"unknown","duration":0,"text":"","segments":[],)"
            R"("usage":{"type":"duration","seconds":0}})");
  transcript.language = "fr";
  EXPECT_EQ(transcript_verbose_json(transcript, {.translate = true}),
            R"({"task":"translate","language":"english","duration":0,"text":"","segments":[]})");
}

TEST(TranscriptAnswer, DiarizedJson) {
  EXPECT_EQ(transcript_diarized_json(hello()),
            R"({"task":"transcribe","duration":8.47,"text":"Hello \"you\". Bye.","segments":[)"
            R"({"type":"transcript.text.segment","id":"seg_001","start":0.5,"end":3.32,)"
            R"("text":"Hello \"you\".","speaker":"agent"},)"
            R"({"type":"transcript.text.segment","id":"seg_002","start":4,"end":5,)"
            R"("text":"Bye.","speaker":"A"}],"usage":{"type":"duration","seconds":9}})");
}

TEST(TranscriptAnswer, TheBodyIsWhatTheOrderAsksFor) {
  TranscriptionOrder order;
  EXPECT_EQ(transcript_body(hello(), order), transcript_json(hello()));
  order.format = TranscriptFormat::text;
  EXPECT_EQ(transcript_body(hello(), order), transcript_text(hello()));
  order.format = TranscriptFormat::srt;
  EXPECT_TRUE(transcript_body(hello(), order).starts_with("1\n00:00:00,500 --> "));
  order.format = TranscriptFormat::vtt;
  EXPECT_TRUE(transcript_body(hello(), order).starts_with("WEBVTT\n\n00:00:00.500 --> "));
  order.format = TranscriptFormat::diarized_json;
  EXPECT_EQ(transcript_body(hello(), order), transcript_diarized_json(hello()));
  order.format = TranscriptFormat::verbose_json;
  order.words = true;
  EXPECT_EQ(transcript_body(hello(), order), transcript_verbose_json(hello(), {.words = true}));
  order.format = TranscriptFormat::json;
  order.translate = true;
  EXPECT_EQ(transcript_body(hello(), order), transcript_json(hello(), true));
}

TEST(TranscriptAnswer, ServerSentEvents) {
  const std::array<media::TokenScore, 1> logprobs{{{"Hi", -0.5}}};
  std::string out;
  append_transcript_delta(out, "Hi \n");
  append_transcript_delta(out, "Hi", logprobs, segment_id(0));
  append_transcript_segment(out, hello().segments[0], 999);
  append_transcript_done(out, "Hi there");
  append_transcript_done(out, "Hi", logprobs,
                         TranscriptTokens{.audio = 14, .text = 2, .output = 45});
  EXPECT_EQ(
      out,
      "data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hi \\n\"}\n\n"
      "data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hi\",\"logprobs\":["
      "{\"token\":\"Hi\",\"logprob\":-0.5,\"bytes\":[72,105]}],\"segment_id\":\"seg_001\"}\n\n"
      "data: {\"type\":\"transcript.text.segment\",\"id\":\"seg_1000\",\"start\":0.5,"
      "\"end\":3.32,\"text\":\"Hello \\\"you\\\".\",\"speaker\":\"agent\"}\n\n"
      "data: {\"type\":\"transcript.text.done\",\"text\":\"Hi there\"}\n\n"
      "data: {\"type\":\"transcript.text.done\",\"text\":\"Hi\",\"logprobs\":["
      "{\"token\":\"Hi\",\"logprob\":-0.5,\"bytes\":[72,105]}],\"usage\":{\"type\":\"tokens\","
      "\"input_tokens\":16,\"input_token_details\":{\"text_tokens\":2,\"audio_tokens\":14},"
      "\"output_tokens\":45,\"total_tokens\":61}}\n\n");
}

TEST(FileTranscript, TextsAreJoinedAsTheirScriptsWant) {
  const auto joined = [](std::vector<std::string> texts) {
    std::vector<FileSegment> segments;
    for (std::string& text : texts) segments.push_back({.begin = {}, .end = {}, .text = text});
    return joined_text(segments);
  };
  EXPECT_EQ(joined({}), "");
  EXPECT_EQ(joined({"One.", "", "Two."}), "One. Two.");
  EXPECT_EQ(joined({"", "Two."}), "Two.");
  EXPECT_EQ(joined({"你好。", "再见。"}), "你好。再见。");
  EXPECT_EQ(joined({"こんにちは", "世界"}), "こんにちは世界");
  EXPECT_EQ(joined({"สวัสดี", "ครับ"}), "สวัสดีครับ");
  EXPECT_EQ(joined({"你好", "OK", "好"}), "你好 OK 好");
  EXPECT_EQ(joined({"안녕하세요.", "네."}), "안녕하세요. 네.") << "Korean has spaces";
  EXPECT_EQ(joined({"\xFF", "\xFF"}), "\xFF \xFF");
}

}  // namespace
}  // namespace parley::protocol
