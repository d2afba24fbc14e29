// SPDX-License-Identifier: Apache-2.0
#include "protocol/speech/socket_event.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

using media::MediaTime;

TEST(SocketEventTest, Started) {
  EXPECT_EQ(to_json(UtteranceStarted{"a", {SpeechFormat::mp3, 44'100, 128}, "audio/mpeg"}),
            R"({"type":"started","id":"a","format":"mp3","samplerate":44100,)"
            R"("content_type":"audio/mpeg"})");
}

TEST(SocketEventTest, ChunkHasTimesInSeconds) {
  UtteranceChunk chunk{.id = "a",
                       .index = 2,
                       .begin = MediaTime::from_ms(1500),
                       .written = "$5 \"now\"",
                       .spoken = "five dollars now",
                       .words = {{"five", MediaTime::from_ms(1510), MediaTime::from_ms(1700)}},
                       .phonemes = std::nullopt};
  const std::string plain = to_json(chunk);
  EXPECT_EQ(plain,
            R"({"type":"chunk","id":"a","index":2,"begin":1.5,"written":"$5 \"now\"",)"
            R"("spoken":"five dollars now","words":[{"text":"five","begin":1.51,"end":1.7}]})");
  chunk.phonemes.emplace();
  chunk.phonemes->push_back({"f", MediaTime::from_ms(1510), MediaTime::from_ms(1550)});
  EXPECT_EQ(to_json(chunk), plain.substr(0, plain.size() - 1) +
                                R"(,"phonemes":[{"symbol":"f","begin":1.51,"end":1.55}]})");
}

TEST(SocketEventTest, EndsOfUtterances) {
  EXPECT_EQ(to_json(UtteranceFlushed{"a", 3}), R"({"type":"flushed","id":"a","number":3})");
  EXPECT_EQ(to_json(UtteranceDone{"a", MediaTime::from_ms(2345), 12}),
            R"({"type":"done","id":"a","duration":2.345,"characters":12})");
  EXPECT_EQ(to_json(UtterancesCancelled{{"a", "b"}, 1}), R"({"type":"cancelled","ids":["a","b"]})");
  EXPECT_EQ(to_json(UtterancesCancelled{{}, 2}), R"({"type":"cancelled","ids":[]})");
}

TEST(SocketEventTest, ProblemsSayOnlyWhatThereIs) {
  EXPECT_EQ(to_json(SocketProblem{.message = "no"}),
            R"({"type":"error","code":400,"message":"no"})");
  EXPECT_EQ(to_json(SocketProblem{.status = 429,
                                  .message = "later",
                                  .field = "text",
                                  .id = "a",
                                  .ends = true,
                                  .retry_after = 5}),
            R"({"type":"error","code":429,"message":"later","field":"text","id":"a","ends":true,)"
            R"("retry_after":5})");
}

TEST(SocketEventTest, DeepgramHearsWhatItHasWordsFor) {
  EXPECT_EQ(to_json(DeepgramMetadata{"r", "m", "1", "u"}),
            R"({"type":"Metadata","request_id":"r","model_name":"m","model_version":"1",)"
            R"("model_uuid":"u"})");
  EXPECT_EQ(to_deepgram_json(UtteranceFlushed{"a", 3}), R"({"type":"Flushed","sequence_id":3})");
  EXPECT_EQ(to_deepgram_json(UtterancesCancelled{{"a"}, 1}),
            R"({"type":"Cleared","sequence_id":1})");
  EXPECT_EQ(to_deepgram_json(SocketProblem{.message = "no"}),
            R"({"type":"Error","description":"no","message":"no","code":"400"})");
  EXPECT_EQ(to_deepgram_json(UtteranceStarted{}), std::nullopt);
  EXPECT_EQ(to_deepgram_json(UtteranceChunk{}), std::nullopt);
  EXPECT_EQ(to_deepgram_json(UtteranceDone{}), std::nullopt);
}

}  // namespace
}  // namespace parley::protocol
