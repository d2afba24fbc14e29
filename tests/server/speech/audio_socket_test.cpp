// SPDX-License-Identifier: Apache-2.0
//
// /ws/audio, and Deepgram's /v1/speak, over real sockets with the stand-in voice.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/speech/audio_talk.h"
#include "server/speech/speech_socket.h"
#include "tests/support/speech_server.h"

namespace parley::server {
namespace {

using test::Headers;
using test::object_of;
using test::text_of;
using test::WebSocketClient;
using Kind = test::SocketKind;
namespace json = boost::json;

constexpr std::string_view kText = "Good morning. How are you today?";

/// What came of one utterance.
struct Heard {
  json::object started;
  std::vector<json::object> chunks;
  std::string audio;
  json::object end;  // done, or the error that ended it
};

class AudioSocketTest : public ::testing::Test {
 protected:
  [[nodiscard]] WebSocketClient connect(const std::string& query = "", const Headers& headers = {},
                                        int receive_buffer_bytes = 0) const {
    return {place.port(), "/ws/audio" + query, headers, receive_buffer_bytes};
  }
  /// Reads one utterance from its `started` to its end.
  static Heard hear(WebSocketClient& client) {
    Heard heard;
    for (;;) {
      const auto received = client.receive();
      if (received.kind == Kind::binary) {
        EXPECT_FALSE(heard.started.empty()) << "audio of nobody";
        heard.audio += received.data;
        continue;
      }
      if (received.kind != Kind::text) return heard;
      const json::object event = object_of(received);
      const std::string type = text_of(event, "type");
      if (type == "started") heard.started = event;
      if (type == "chunk") heard.chunks.push_back(event);
      if (type == "done" || type == "error") {
        heard.end = event;
        return heard;
      }
    }
  }
  /// The next text message, whatever audio comes before it.
  static json::object next_event(WebSocketClient& client) {
    for (;;) {
      const auto received = client.receive();
      if (received.kind != Kind::binary) return object_of(received);
    }
  }
  static json::object until(WebSocketClient& client, std::string_view type) {
    for (;;) {
      json::object event = next_event(client);
      if (event.empty() || text_of(event, "type") == type) return event;
    }
  }
  static std::string written(const Heard& heard) {
    std::string all;
    for (const json::object& chunk : heard.chunks) {
      if (!all.empty()) all += ' ';
      all += text_of(chunk, "written");
    }
    return all;
  }
  static std::string long_text() {
    std::string text;
    for (int i = 0; i < 200; ++i) text += "A sentence of some forty characters, it is. ";
    return text;
  }

  test::SpeechServer place;
};

TEST_F(AudioSocketTest, SpeaksAPlainText) {
  place.start();
  WebSocketClient client = connect();
  client.send_text(R"({"text":")" + std::string(kText) + "\"}");
  const Heard heard = hear(client);
  EXPECT_EQ(text_of(heard.started, "format"), "pcm");
  EXPECT_EQ(heard.started.at("samplerate"), 24'000);
  EXPECT_TRUE(text_of(heard.started, "content_type").starts_with("audio/pcm"));
  EXPECT_EQ(text_of(heard.end, "type"), "done");
  EXPECT_EQ(text_of(heard.end, "id"), text_of(heard.started, "id"));
  EXPECT_EQ(heard.end.at("characters"), kText.size());
  const double seconds = static_cast<double>(heard.audio.size()) / 48'000.0;
  EXPECT_NEAR(heard.end.at("duration").to_number<double>(), seconds, 0.002);
  EXPECT_GT(seconds, 1.0);
}

TEST_F(AudioSocketTest, ChunksSpellTheTextAndTheirWordsFollowEachOther) {
  place.start();
  WebSocketClient client = connect();
  client.send_text(R"({"type":"speak","text":")" + std::string(kText) +
                   R"(","finish":true,"phonemes":true})");
  const Heard heard = hear(client);
  EXPECT_EQ(written(heard), kText);
  double before = 0.0;
  std::size_t words = 0;
  for (const json::object& chunk : heard.chunks) {
    EXPECT_TRUE(chunk.contains("phonemes"));
    for (const json::value& word : chunk.at("words").as_array()) {
      EXPECT_GE(word.at("begin").to_number<double>(), before);
      before = word.at("end").to_number<double>();
      ++words;
    }
  }
  EXPECT_EQ(words, 6U);
  EXPECT_LE(before, heard.end.at("duration").to_number<double>() + 0.001);
}

TEST_F(AudioSocketTest, TextMayComeTokenByToken) {
  place.start();
  WebSocketClient client = connect();
  client.send_text(R"({"type":"speak","id":"a"})");
  for (const char c : kText) {
    client.send_text(R"({"type":"append","id":"a","text":")" + std::string(1, c) + "\"}");
  }
  client.send_text(R"({"type":"finish"})");
  const Heard heard = hear(client);
  EXPECT_EQ(written(heard), kText);
  EXPECT_EQ(text_of(heard.end, "id"), "a");
}

TEST_F(AudioSocketTest, WhatIsFlushedIsHeardBeforeItIsSaidToBe) {
  place.start();
  WebSocketClient client = connect();
  client.send_text(R"({"type":"speak","id":"a","text":"no end in sight"})");
  client.send_text(R"({"type":"flush"})");
  std::size_t bytes = 0;
  for (;;) {
    const auto received = client.receive();
    ASSERT_NE(received.kind, Kind::gone);
    if (received.kind == Kind::binary) bytes += received.data.size();
    if (text_of(object_of(received), "type") == "flushed") break;
  }
  EXPECT_GT(bytes, 10'000U);
  client.send_text(R"({"type":"append","text":"and more","finish":true})");
  EXPECT_EQ(text_of(until(client, "done"), "id"), "a");
}

TEST_F(AudioSocketTest, UtterancesAreSpokenInTurn) {
  place.start();
  WebSocketClient client = connect();
  client.send_text(R"({"type":"speak","id":"a","text":"First."})");
  client.send_text(R"({"type":"speak","id":"b","text":"Second.","finish":true})");
  client.send_text(R"({"text":"Third."})");
  for (const char* id : {"a", "b", "utterance-1"}) {
    const Heard heard = hear(client);
    EXPECT_EQ(text_of(heard.started, "id"), id);
    EXPECT_EQ(text_of(heard.end, "id"), id);
    EXPECT_GT(heard.audio.size(), 1000U);
  }
}

TEST_F(AudioSocketTest, EachUtteranceHasItsOwnFormat) {
  place.start();
  WebSocketClient client = connect("?format=opus&samplerate=48000");
  struct Case {
    const char* more;
    std::string begins;
    int rate;
  };
  const Case cases[] = {{"", "OggS", 48'000},
                        {R"(,"format":"mp3","samplerate":24000)", "\xFF", 24'000},
                        {R"(,"format":"flac","samplerate":16000)", "fLaC", 16'000},
                        {R"(,"format":"wav")", "RIFF", 48'000},
                        {R"(,"format":"pcmu")", "", 8'000}};
  for (const Case& given : cases) {
    client.send_text(R"({"text":"Hello there.")" + std::string(given.more) + "}");
    const Heard heard = hear(client);
    EXPECT_EQ(text_of(heard.end, "type"), "done") << given.more << json::serialize(heard.end);
    EXPECT_TRUE(heard.audio.starts_with(given.begins)) << given.more;
    EXPECT_EQ(heard.started.at("samplerate"), given.rate);
  }
}

TEST_F(AudioSocketTest, NoAudioFollowsACancel) {
  place.start();
  WebSocketClient client = connect();
  client.send_text(R"({"type":"speak","id":"a","text":")" + long_text() + R"(","lead_ms":500})");
  client.send_text(R"({"type":"speak","id":"b","text":"Never heard."})");
  while (client.receive().kind != Kind::binary) {
  }
  client.send_text(R"({"type":"cancel"})");
  const json::object cancelled = until(client, "cancelled");
  EXPECT_EQ(json::serialize(cancelled.at("ids")), R"(["a","b"])");
  client.send_text(R"({"type":"cancel"})");
  const auto next = client.receive();
  ASSERT_EQ(next.kind, Kind::text) << "audio after the cancel";
  EXPECT_EQ(next.data, R"({"type":"cancelled","ids":[]})");
  client.send_text(R"({"type":"speak","id":"a","text":"Again.","finish":true})");
  EXPECT_EQ(text_of(hear(client).end, "type"), "done");
}

TEST_F(AudioSocketTest, OneOfSeveralIsCancelled) {
  place.start();
  WebSocketClient client = connect();
  client.send_text(R"({"type":"speak","id":"a","text":"First."})");
  client.send_text(R"({"type":"speak","id":"b","text":"Second."})");
  client.send_text(R"({"type":"cancel","id":"b"})");
  EXPECT_EQ(json::serialize(until(client, "cancelled").at("ids")), R"(["b"])");
  client.send_text(R"({"type":"close"})");
  for (;;) {
    const auto received = client.receive();
    EXPECT_NE(text_of(object_of(received), "id"), "b");
    if (received.kind == Kind::text || received.kind == Kind::binary) continue;
    EXPECT_EQ(received.code, 1000);
    return;
  }
}

TEST_F(AudioSocketTest, CloseLetsItFinish) {
  place.start();
  WebSocketClient client = connect();
  // Long enough that it is still being spoken when the rest has come, however busy the machine is.
  std::string text;
  for (int i = 0; i < 200; ++i) text += "This is good bye. ";
  client.send_text(R"({"type":"speak","text":")" + text + R"("})");
  client.send_text(R"({"type":"close"})");
  client.send_text(R"({"text":"Too late."})");
  EXPECT_EQ(text_of(until(client, "error"), "message"), "The socket is closing.");
  EXPECT_EQ(text_of(until(client, "done"), "id"), "utterance-1");
  const auto end = client.receive();
  EXPECT_EQ(end.kind, Kind::close);
  EXPECT_EQ(end.code, 1000);
}

TEST_F(AudioSocketTest, MistakesAreToldAndHarmNothing) {
  place.start();
  WebSocketClient client = connect();
  struct Case {
    std::string message;
    const char* field;
    int code;
  };
  const Case cases[] = {
      {"garbage", "", 400},
      {R"({"type":"sing"})", "type", 400},
      {R"({"type":"append","text":"nobody"})", "id", 400},
      {R"({"type":"flush"})", "id", 400},
      {R"({"type":"finish","id":"x"})", "id", 400},
      {R"({"text":"a","speed":9})", "speed", 400},
      {R"({"text":"a","format":"mp3","samplerate":12345})", "samplerate", 400},
      {R"({"text":")" + std::string(kSocketTextWaitingBytesMax + 1, 'a') + "\"}", "text", 413},
  };
  for (const Case& given : cases) {
    client.send_text(given.message);
    const json::object error = object_of(client.receive());
    EXPECT_EQ(text_of(error, "type"), "error") << given.message.substr(0, 80);
    EXPECT_EQ(text_of(error, "field"), given.field) << given.message.substr(0, 80);
    EXPECT_EQ(error.at("code"), given.code) << given.message.substr(0, 80);
    EXPECT_FALSE(text_of(error, "message").empty());
  }
  client.send_binary("abc");
  EXPECT_EQ(text_of(object_of(client.receive()), "type"), "error");
  client.send_text(R"({"text":"Fine."})");
  EXPECT_EQ(text_of(hear(client).end, "type"), "done");
}

TEST_F(AudioSocketTest, TooManyUtterancesAreRefusedAndTheRestIsSpoken) {
  place.start();
  WebSocketClient client = connect();
  client.send_text(R"({"type":"speak","id":"0","text":")" + long_text() + R"(","lead_ms":1})");
  for (std::size_t i = 1; i <= kUtterancesMax; ++i) {
    client.send_text(R"({"type":"speak","id":")" + std::to_string(i) + R"(","text":"x"})");
  }
  const json::object error = until(client, "error");
  EXPECT_EQ(error.at("code"), 429);
  EXPECT_EQ(text_of(error, "id"), std::to_string(kUtterancesMax));
  EXPECT_GE(error.at("retry_after").as_int64(), 1);
  EXPECT_EQ(place.metric(R"(parley_tts_socket_refused_total{what="utterance"})"), 1.0);
  client.send_text(R"({"type":"cancel","id":"0"})");
  client.send_text(R"({"type":"close"})");
  for (std::size_t i = 1; i < kUtterancesMax; ++i) {
    EXPECT_EQ(text_of(until(client, "done"), "id"), std::to_string(i));
  }
}

TEST_F(AudioSocketTest, AFrameThatIsTooLongCloses) {
  place.start();
  WebSocketClient client = connect();
  client.send_text(std::string(kSocketFrameBytesMax + 1, ' '));
  const auto end = client.receive();
  EXPECT_EQ(end.kind, Kind::close);
  EXPECT_EQ(end.code, 1009);
}

TEST_F(AudioSocketTest, AMegabyteOfTextIsTakenAndCancelled) {
  place.start();
  WebSocketClient client = connect();
  std::string text;
  while (text.size() + 50 < kSocketTextWaitingBytesMax) {
    text += "A sentence of some forty characters, it is. ";
  }
  client.send_text(R"({"type":"speak","id":"a","lead_ms":500,"text":")" + text + "\"}");
  while (client.receive().kind != Kind::binary) {
  }
  client.send_text(R"({"type":"cancel"})");
  EXPECT_EQ(json::serialize(until(client, "cancelled").at("ids")), R"(["a"])");
}

/// Nobody reads: synthesis stops, the stream is given up, and others never notice.
TEST_F(AudioSocketTest, WhoDoesNotReadIsGivenUpAndDisturbsNobody) {
  place.config.tts.reader_timeout_seconds = 1;
  place.start();
  WebSocketClient stalled = connect("", {}, 4096);
  std::string text;
  for (int i = 0; i < 10; ++i) text += long_text();
  stalled.send_text(R"({"text":")" + text + R"(","samplerate":48000})");
  WebSocketClient other = connect();
  while (place.metric(R"(parley_tts_slow_readers_total{face="ws_audio"})") == 0.0) {
    other.send_text(R"({"text":"Hello."})");
    ASSERT_EQ(text_of(hear(other).end, "type"), "done");
  }
  const Heard heard = hear(stalled);
  EXPECT_EQ(text_of(heard.end, "type"), "error");
  EXPECT_EQ(heard.end.at("ends"), true);
  const auto end = stalled.receive();
  EXPECT_EQ(end.kind, Kind::close);
  EXPECT_EQ(end.code, 1013);
}

TEST_F(AudioSocketTest, WhoLeavesEndsItsStream) {
  place.start();
  {
    WebSocketClient client = connect();
    client.send_text(R"({"text":")" + long_text() + R"(","lead_ms":100})");
    while (client.receive().kind != Kind::binary) {
    }
    EXPECT_EQ(place.speech->streams(), 1U);
  }
  WebSocketClient other = connect();
  while (place.speech->streams() > 0) {
    other.send_text(R"({"type":"cancel"})");
    ASSERT_EQ(text_of(object_of(other.receive()), "type"), "cancelled");
  }
}

TEST_F(AudioSocketTest, WhenTheVoiceIsBusyTheClientIsToldWhenToComeAgain) {
  place.config.limits.speech_streams = 1;
  place.start();
  WebSocketClient first = connect();
  first.send_text(R"({"type":"speak","text":"I hold the line."})");
  first.send_text(R"({"type":"flush"})");
  while (first.receive().kind != Kind::binary) {
  }
  WebSocketClient second = connect();
  second.send_text(R"({"type":"speak","id":"a","text":"Hello.","finish":true})");
  const json::object error = object_of(second.receive());
  EXPECT_EQ(error.at("code"), 429);
  EXPECT_EQ(error.at("ends"), true);
  EXPECT_GE(error.at("retry_after").as_int64(), 1);
}

TEST_F(AudioSocketTest, KeysAndTheirLimits) {
  place.config.server.api_keys = {"sesame"};
  place.config.limits.key_sessions = 1;
  place.config.limits.requests_per_minute = 1;
  place.start();
  for (const Headers& headers : {Headers{}, Headers{{"Authorization", "Bearer wrong"}}}) {
    WebSocketClient stranger = connect("", headers);
    const json::object error = object_of(stranger.receive());
    EXPECT_EQ(error.at("code"), 401);
    EXPECT_EQ(stranger.receive().code, 1008);
  }
  WebSocketClient client = connect("", {{"Authorization", "Bearer sesame"}});
  client.send_text(R"({"text":"Hello."})");
  EXPECT_EQ(text_of(hear(client).end, "type"), "done");
  client.send_text(R"({"text":"Hello."})");
  const json::object limited = object_of(client.receive());
  EXPECT_EQ(limited.at("code"), 429);
  EXPECT_GE(limited.at("retry_after").as_int64(), 1);
  WebSocketClient second = connect("", {{"Authorization", "Bearer sesame"}});
  EXPECT_EQ(object_of(second.receive()).at("code"), 429);
  EXPECT_EQ(second.receive().code, 1013);
}

TEST_F(AudioSocketTest, AKeyMayHaveSoManyCharactersAndStreams) {
  place.config.limits.characters_per_day = 20;
  place.config.limits.key_streams = 1;
  place.start();
  WebSocketClient first = connect();
  first.send_text(R"({"type":"speak","id":"a","text":"I hold the line."})");
  first.send_text(R"({"type":"flush"})");
  while (first.receive().kind != Kind::binary) {
  }
  WebSocketClient second = connect();
  second.send_text(R"({"type":"speak","id":"b","text":"Me, too.","finish":true})");
  const json::object busy = object_of(second.receive());
  EXPECT_EQ(busy.at("code"), 429) << "it has a stream already";
  EXPECT_EQ(busy.at("ends"), true);

  first.send_text(R"({"type":"append","text":" And no more."})");
  const json::object spent = until(first, "error");
  EXPECT_EQ(spent.at("code"), 429);
  EXPECT_NE(text_of(spent, "message").find("20 characters per day"), std::string::npos);
  EXPECT_GE(spent.at("retry_after").as_int64(), 1);
  first.send_text(R"({"type":"finish"})");
  EXPECT_EQ(text_of(until(first, "done"), "id"), "a") << "what was taken is spoken";
  first.send_text(R"({"type":"speak","text":"Hello."})");
  EXPECT_EQ(object_of(first.receive()).at("code"), 429);
}

TEST_F(AudioSocketTest, AddressesAreRead) {
  place.start();
  for (const char* query : {"?format=ogg", "?samplerate=7", "?samplerate=x"}) {
    WebSocketClient client = connect(query);
    EXPECT_EQ(object_of(client.receive()).at("code"), 400) << query;
    EXPECT_EQ(client.receive().code, 1008) << query;
  }
  EXPECT_EQ(test::http(place.port(), "GET", "/ws/audio").status, 426);
}

TEST_F(AudioSocketTest, ADrainClosesWhoSaysNothing) {
  place.start();
  WebSocketClient client = connect();
  client.send_text(R"({"type":"cancel"})");
  EXPECT_EQ(text_of(object_of(client.receive()), "type"), "cancelled");
  place.server->drain(Millis(5'000));
  const auto end = client.receive();
  EXPECT_EQ(end.kind, Kind::close);
  EXPECT_EQ(end.code, 1001);
}

TEST_F(AudioSocketTest, DeepgramsVerbs) {
  place.start();
  WebSocketClient client(place.port(), "/v1/speak?model=aura-2-thalia-en&encoding=linear16");
  EXPECT_EQ(text_of(object_of(client.receive()), "type"), "Metadata");
  client.send_text(R"({"type":"Speak","text":"Hello "})");
  client.send_text(R"({"type":"Speak","text":"there."})");
  client.send_text(R"({"type":"Flush"})");
  std::size_t bytes = 0;
  for (;;) {
    const auto received = client.receive();
    if (received.kind == Kind::binary) bytes += received.data.size();
    if (received.kind == Kind::binary) continue;
    EXPECT_EQ(received.data, R"({"type":"Flushed","sequence_id":0})");
    break;
  }
  EXPECT_GT(bytes, 10'000U);
  client.send_text(R"({"type":"Clear"})");
  EXPECT_EQ(client.receive().data, R"({"type":"Cleared","sequence_id":0})");
  client.send_text(R"({"type":"Sing"})");
  EXPECT_EQ(text_of(object_of(client.receive()), "type"), "Error");
  client.send_text(R"({"type":"Close"})");
  EXPECT_EQ(client.receive().code, 1000);
}

}  // namespace
}  // namespace parley::server
