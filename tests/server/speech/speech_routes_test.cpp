// SPDX-License-Identifier: Apache-2.0
//
// Text to speech over real sockets, with the stand-in voice.
#include "server/speech/speech_routes.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "server/engine.h"
#include "server/server.h"
#include "server/speech/http_speech.h"
#include "server/speech/speech_framing.h"
#include "tests/support/socket_client.h"

namespace parley::server {
namespace {

using test::HttpResult;
using test::Socket;

constexpr std::string_view kText = "Good morning. How are you today?";
// A body that is never read fills the sockets' buffers, and then ours.
constexpr std::string_view kWav = "wav";

class SpeechRoutesTest : public ::testing::Test {
 protected:
  SpeechRoutesTest() {
    config_.server.port = 0;
    config_.models.fake = true;
    config_.tts.lead_seconds = 0;
    config_.limits.speech_streams = 1;
  }
  void SetUp() override { start(); }
  void TearDown() override {
    if (server_ != nullptr) server_->stop();
  }
  void start() {
    auto started = Server::start(config_, metrics_);
    ASSERT_TRUE(started) << started.error().message;
    server_ = std::move(*started);
    auto loaded = Engine::load(config_, metrics_, [](std::string_view) {});
    ASSERT_TRUE(loaded) << loaded.error().message;
    engine_ = std::move(*loaded);
    realtime_ = std::make_unique<service::RealtimeService>(
        engine_->agent_context(), engine_->pool(), realtime_options(config_));
    speech_ = std::make_unique<service::SpeechService>(engine_->speech_context(),
                                                       speech_options(config_));
    server_->serve(*realtime_, engine_->buffers(), nullptr, speech_.get());
  }

  static std::string request(std::string_view path, std::string_view body) {
    // HTTP/1.0: the body ends with the connection, and needs no decoding.
    return "POST " + std::string(path) +
           " HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }
  HttpResult post(std::string_view path, std::string_view body) const {
    Socket socket(server_->port());
    socket.send(request(path, body));
    const std::string all = socket.receive_all();
    HttpResult result;
    const std::size_t end = all.find("\r\n\r\n");
    if (end == std::string::npos) return result;
    result.status = std::stoi(all.substr(9, 3));
    std::size_t at = all.find("\r\n") + 2;
    while (at < end) {
      const std::size_t line = all.find("\r\n", at);
      const std::size_t colon = all.find(": ", at);
      result.headers.emplace_back(all.substr(at, colon - at),
                                  all.substr(colon + 2, line - colon - 2));
      at = line + 2;
    }
    result.body = all.substr(end + 4);
    return result;
  }
  HttpResult speak(const std::string& more, std::string_view text = kText) const {
    return post("/v1/audio/speech", R"({"model":"tts-1","voice":"alloy","input":")" +
                                        std::string(text) + "\"" + more + "}");
  }
  /// Asks again until there is a place. False when there is none after many tries.
  [[nodiscard]] bool speaks_at_last() const {
    for (int tries = 0; tries < 10'000; ++tries) {
      if (speak("").status == 200) return true;
    }
    return false;
  }
  /// A client that asked for a long text and reads nothing.
  Socket stalled_reader() const {
    Socket socket(server_->port(), 4096);
    std::string text;
    for (int i = 0; i < 1200; ++i) text += "A sentence of some forty characters, it is. ";
    const std::string body = R"({"model":"m","voice":"v","response_format":")" + std::string(kWav) +
                             R"(","sample_rate":48000,"input":")" + text + "\"}";
    socket.send(request("/v1/audio/speech", body));
    EXPECT_TRUE(socket.receive_until("\r\n\r\n"));
    return socket;
  }

  Config config_;
  Metrics metrics_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<service::RealtimeService> realtime_;
  std::unique_ptr<service::SpeechService> speech_;
  std::unique_ptr<Server> server_;
};

TEST_F(SpeechRoutesTest, EveryFormatHasItsTypeAndItsBytes) {
  struct Format {
    const char* name;
    const char* type;
    const char* begins;
  };
  constexpr Format kFormats[] = {{"mp3", "audio/mpeg", "\xFF"}, {"opus", "audio/ogg", "OggS"},
                                 {"aac", "audio/aac", "\xFF"},  {"flac", "audio/flac", "fLaC"},
                                 {"wav", "audio/wav", "RIFF"},  {"pcm", "audio/pcm", ""}};
  for (const Format& format : kFormats) {
    const HttpResult answer = speak(R"(,"response_format":")" + std::string(format.name) + "\"");
    EXPECT_EQ(answer.status, 200) << format.name;
    EXPECT_TRUE(answer.header("Content-Type").starts_with(format.type)) << format.name;
    EXPECT_TRUE(answer.body.starts_with(format.begins)) << format.name;
    EXPECT_GT(answer.body.size(), 1000U) << format.name;
    EXPECT_FALSE(answer.header("x-request-id").empty());
  }
}

TEST_F(SpeechRoutesTest, PcmIsAsLongAsTheVoiceSpoke) {
  const HttpResult answer = speak(R"(,"response_format":"pcm")");
  // 60 ms a character, less the space between the sentences.
  EXPECT_NEAR(static_cast<double>(answer.body.size()) / 48'000.0,
              static_cast<double>(kText.size() - 1) * 0.06, 0.01);
}

TEST_F(SpeechRoutesTest, EventsCarryOneFile) {
  const HttpResult answer = speak(R"(,"response_format":"pcm","stream_format":"sse")");
  EXPECT_EQ(answer.header("Content-Type"), "text/event-stream");
  std::size_t deltas = 0;
  for (std::size_t at = 0; (at = answer.body.find("speech.audio.delta", at)) != std::string::npos;
       ++at) {
    ++deltas;
  }
  EXPECT_GT(deltas, 1U);
  EXPECT_NE(answer.body.find(R"("type":"speech.audio.done")"), std::string::npos);
  EXPECT_TRUE(answer.body.ends_with("\n\n"));
}

TEST_F(SpeechRoutesTest, OurStreamIsOneDocument) {
  const HttpResult answer = post("/v1/audio/stream", R"({"text":"Hello there."})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.body.starts_with(R"({"code":200,"data":{"audio_chunks":[{"chunk_id":0,)"));
  EXPECT_TRUE(answer.body.ends_with(R"("samplerate":24000}}})")) << answer.body.substr(0, 80);
}

TEST_F(SpeechRoutesTest, ErrorsAreInTheWordsOfTheirInterface) {
  const HttpResult openai = speak(R"(,"speed":9)");
  EXPECT_EQ(openai.status, 400);
  EXPECT_NE(openai.body.find(R"("param":"speed")"), std::string::npos) << openai.body;
  const HttpResult ours = post("/v1/audio/stream", R"({"text":"a","samplerate":1})");
  EXPECT_EQ(ours.status, 400);
  EXPECT_TRUE(ours.body.starts_with(R"({"code":400,"message":")")) << ours.body;
  EXPECT_NE(ours.body.find(R"("field":"samplerate")"), std::string::npos) << ours.body;
  EXPECT_EQ(post("/v1/audio/voices", "").status, 405);
  EXPECT_EQ(test::http(server_->port(), "GET", "/v1/audio/speech").status, 405);
}

TEST_F(SpeechRoutesTest, SsmlThatIsBrokenIsToldBeforeAnySound) {
  const HttpResult answer = speak(R"(,"ssml":true)", "<speak>Never closed");
  EXPECT_EQ(answer.status, 400) << answer.body;
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_NE(answer.body.find(R"("param":"input")"), std::string::npos) << answer.body;
}

TEST_F(SpeechRoutesTest, VoicesAreListed) {
  const HttpResult answer = test::http(server_->port(), "GET", "/v1/audio/voices");
  EXPECT_EQ(answer.status, 200);
  for (const char* name : {"alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova",
                           "sage", "shimmer", "verse", "marin", "cedar"}) {
    EXPECT_NE(answer.body.find("\"id\":\"" + std::string(name) + "\""), std::string::npos) << name;
  }
}

TEST_F(SpeechRoutesTest, AReaderWhoStopsHoldsItsPlaceAndWhoComesIsToldWhenToComeAgain) {
  Socket reader = stalled_reader();
  const HttpResult refused = speak("");
  EXPECT_EQ(refused.status, 429);
  EXPECT_GE(std::stoi("0" + refused.header("Retry-After")), 1);
  EXPECT_NE(refused.body.find("rate_limit_exceeded"), std::string::npos) << refused.body;
  const HttpResult ours = post("/v1/audio/stream", R"({"text":"a"})");
  EXPECT_EQ(ours.status, 429);
  EXPECT_TRUE(ours.body.starts_with(R"({"code":429,)")) << ours.body;
}

TEST_F(SpeechRoutesTest, AReaderWhoLeavesEndsItsStream) {
  {
    const Socket reader = stalled_reader();
    EXPECT_EQ(speech_->streams(), 1U);
  }
  EXPECT_TRUE(speaks_at_last());
}

class LimitedSpeechTest : public SpeechRoutesTest {
 protected:
  LimitedSpeechTest() {
    config_.limits.speech_streams = 100;
    config_.limits.characters_per_day = 40;  // kText has 32
    config_.limits.key_streams = 100;
  }
};

TEST_F(LimitedSpeechTest, WhoHasUsedItUpIsToldWhenToComeAgain) {
  EXPECT_EQ(speak("").status, 200);
  EXPECT_EQ(speak("").status, 200) << "what crosses the limit is spoken";
  const HttpResult refused = speak("");
  EXPECT_EQ(refused.status, 429);
  EXPECT_GE(std::stoi("0" + refused.header("Retry-After")), 1);
  EXPECT_NE(refused.body.find("40 characters per day. Please try again in "), std::string::npos)
      << refused.body;
  const HttpResult ours = post("/v1/audio/stream", R"({"text":"a"})");
  EXPECT_EQ(ours.status, 429);
  EXPECT_TRUE(ours.body.starts_with(R"({"code":429,"message":"Rate limit reached)")) << ours.body;
}

TEST_F(LimitedSpeechTest, CountsCharactersAndNotBytes) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(speak("", "äöüäöüäöüäöüäöüäöüäö.").status, 200) << "20 bytes more than characters";
  }
  EXPECT_EQ(speak("").status, 429);
}

TEST_F(SpeechRoutesTest, ADrainRefusesWhatIsNew) {
  server_->drain(Millis(0));
  EXPECT_EQ(speak("").status, 503);
  EXPECT_EQ(post("/v1/audio/stream", R"({"text":"a"})").status, 503);
}

class KeyedSpeechRoutesTest : public SpeechRoutesTest {
 protected:
  KeyedSpeechRoutesTest() { config_.server.api_keys = {"the-key"}; }
};

TEST_F(KeyedSpeechRoutesTest, NeedAKey) {
  EXPECT_EQ(speak("").status, 401);
  EXPECT_EQ(test::http(server_->port(), "GET", "/v1/audio/voices").status, 401);
  EXPECT_EQ(
      test::http(server_->port(), "GET", "/v1/audio/voices", {{"Authorization", "Bearer the-key"}})
          .status,
      200);
}

TEST(SpeechFraming, NamesTheFieldThatAnErrorBeginsWith) {
  EXPECT_EQ(field_of({ErrorCode::invalid_argument, "speed: 9 is not 0.25 to 4"}), "speed");
  EXPECT_EQ(field_of({ErrorCode::invalid_argument, "a sentence: with a colon"}), "");
  EXPECT_EQ(field_of({ErrorCode::invalid_argument, "no colon"}), "");
  EXPECT_EQ(field_of({ErrorCode::unavailable, "text: is away"}), "");
}

TEST(SpeechFraming, RefusalsSayWhenToComeAgain) {
  const transport::HttpResponse full =
      speech_refusal({ErrorCode::resource_exhausted, "too much waits"}, 7);
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(full.headers.back(), (std::pair<std::string, std::string>("Retry-After", "7")));
  EXPECT_EQ(openai_refusal({ErrorCode::internal, "x"}, 7).status, 500);
  EXPECT_TRUE(openai_refusal({ErrorCode::internal, "x"}, 7).headers.empty());
}

}  // namespace
}  // namespace parley::server
