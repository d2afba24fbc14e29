// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/speech_answer.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

constexpr std::array<std::byte, 3> kBytes{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};

TEST(SpeechAnswer, ServerSentEvents) {
  std::string out;
  append_audio_delta(out, kBytes);
  append_audio_done(out, {.input_tokens = 3, .output_tokens = 20});
  EXPECT_EQ(out,
            "data: {\"type\":\"speech.audio.delta\",\"audio\":\"YWJj\"}\n\n"
            "data: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":3,"
            "\"output_tokens\":20,\"total_tokens\":23}}\n\n");
}

TEST(SpeechAnswer, AnErrorAmongTheEvents) {
  std::string out;
  append_audio_error(out, "unavailable", "the voice is \"away\"");
  EXPECT_EQ(out,
            "data: {\"type\":\"error\",\"error\":{\"type\":\"server_error\",\"code\":"
            "\"unavailable\",\"message\":\"the voice is \\\"away\\\"\"}}\n\n");
}

TEST(SpeechAnswer, AudioChunksAreOneDocument) {
  std::string out;
  begin_audio_chunks(out);
  append_audio_chunk(out, 0, kBytes, 0.5);
  append_audio_chunk(out, 1, kBytes, 0.25);
  end_audio_chunks(out, 0.75, 24'000);
  EXPECT_EQ(out,
            "{\"code\":200,\"data\":{\"audio_chunks\":["
            "{\"chunk_id\":0,\"audio_data\":\"YWJj\",\"duration\":0.5},"
            "{\"chunk_id\":1,\"audio_data\":\"YWJj\",\"duration\":0.25}],"
            "\"metadata\":{\"total_duration\":0.75,\"samplerate\":24000}}}");
}

TEST(SpeechAnswer, Voices) {
  const std::array<VoiceShown, 1> voices{{{"joe", "Joe", "en-US"}}};
  EXPECT_EQ(voices_json(voices), R"({"voices":[{"id":"joe","name":"Joe","language":"en-US"}]})");
}

TEST(SpeechAnswer, ErrorsNameTheField) {
  EXPECT_EQ(speech_error_json(400, "no", "text"), R"({"code":400,"message":"no","field":"text"})");
  EXPECT_EQ(speech_error_json(503, "later", ""), R"({"code":503,"message":"later"})");
}

}  // namespace
}  // namespace parley::protocol
