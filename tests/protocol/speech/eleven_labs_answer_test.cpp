// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/eleven_labs_answer.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

using media::MediaTime;

const ElevenLabsAlignments kBoth{
    .written = {{"5", MediaTime::from_ms(0), MediaTime::from_ms(250)}},
    .spoken = {{"\"", MediaTime::from_ms(0), MediaTime::from_ms(10)},
               {"é", MediaTime::from_ms(10), MediaTime::from_ms(250)}}};

TEST(ElevenLabsAnswerTest, AudioOfASocket) {
  EXPECT_EQ(eleven_labs_audio("abc", {}, {}, std::nullopt),
            R"({"audio":"YWJj","isFinal":null,"normalizedAlignment":null,"alignment":null})");
  EXPECT_EQ(eleven_labs_audio("abc", kBoth, {}, "ctx"),
            R"({"audio":"YWJj","isFinal":null,"normalizedAlignment":{"chars":["\"","é"],)"
            R"("charStartTimesMs":[0,10],"charDurationsMs":[10,240]},"alignment":{"chars":["5"],)"
            R"("charStartTimesMs":[0],"charDurationsMs":[250]},"contextId":"ctx"})");
}

TEST(ElevenLabsAnswerTest, ASocketsTimesCountFromItsAudio) {
  const std::string frame = eleven_labs_audio("abc", kBoth, MediaTime::from_ms(5), std::nullopt);
  EXPECT_NE(frame.find(R"("charStartTimesMs":[0,5],"charDurationsMs":[5,240])"), std::string::npos)
      << frame;
}

TEST(ElevenLabsAnswerTest, EndsOfASocket) {
  EXPECT_EQ(eleven_labs_final(std::nullopt), R"({"audio":null,"isFinal":true})");
  EXPECT_EQ(eleven_labs_final(""), R"({"audio":null,"isFinal":true,"contextId":""})");
  EXPECT_EQ(eleven_labs_socket_error("input_timeout_exceeded", "Too late.", 1008),
            R"({"message":"Too late.","error":"input_timeout_exceeded","code":1008})");
}

TEST(ElevenLabsAnswerTest, HttpCountsInSeconds) {
  EXPECT_EQ(
      eleven_labs_timed_audio("abc", kBoth),
      R"({"audio_base64":"YWJj","alignment":{"characters":["5"],)"
      R"("character_start_times_seconds":[0],"character_end_times_seconds":[0.25]},)"
      R"("normalized_alignment":{"characters":["\"","é"],)"
      R"("character_start_times_seconds":[0,0.01],"character_end_times_seconds":[0.01,0.25]}})");
  EXPECT_EQ(eleven_labs_timed_audio("", {}),
            R"({"audio_base64":"","alignment":null,"normalized_alignment":null})");
}

TEST(ElevenLabsAnswerTest, ABodyInPiecesIsTheSameAsInOne) {
  ElevenLabsTimedBody body;
  std::string pieces = body.append("a", {});
  pieces += body.append("bcd", kBoth);
  pieces += body.append("", {});
  pieces += body.append("efgh", {});
  EXPECT_TRUE(pieces.starts_with(R"({"audio_base64":"YWJj)")) << pieces;
  EXPECT_EQ(pieces + body.finish(), eleven_labs_timed_audio("abcdefgh", kBoth));
  EXPECT_EQ(ElevenLabsTimedBody().finish(), eleven_labs_timed_audio("", {}));
}

TEST(ElevenLabsAnswerTest, ListsHaveWhatTheClientReads) {
  const std::string voices =
      eleven_labs_voices(std::vector<ElevenLabsVoice>{{"joe", "Joe", "en-US"}});
  EXPECT_TRUE(voices.starts_with(
      R"({"voices":[{"voice_id":"joe","name":"Joe","category":"premade","labels":{"language":"en-US"})"))
      << voices;
  EXPECT_NE(voices.find(R"("has_more":false,"total_count":1)"), std::string::npos);
  const std::vector<std::string> models{"piper"};
  const std::vector<std::string> languages{"en"};
  const std::string shown = eleven_labs_models(models, languages, 5000);
  EXPECT_TRUE(
      shown.starts_with(R"([{"model_id":"piper","name":"piper","can_do_text_to_speech":true)"))
      << shown;
  EXPECT_NE(shown.find(R"("languages":[{"language_id":"en","name":"en"}])"), std::string::npos);
}

TEST(ElevenLabsAnswerTest, Errors) {
  EXPECT_EQ(eleven_labs_error("invalid_api_key", "No."),
            R"({"detail":{"status":"invalid_api_key","message":"No."}})");
  EXPECT_EQ(eleven_labs_invalid("body", "text", "No."),
            R"({"detail":[{"loc":["body","text"],"msg":"No.","type":"value_error"}]})");
  EXPECT_EQ(eleven_labs_invalid("body", "", "No."),
            R"({"detail":[{"loc":["body"],"msg":"No.","type":"value_error"}]})");
}

}  // namespace
}  // namespace parley::protocol
