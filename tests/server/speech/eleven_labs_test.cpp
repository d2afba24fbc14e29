// SPDX-License-Identifier: Apache-2.0
//
// ElevenLabs' sockets and HTTP interface over real sockets, with the stand-in voice.
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "server/speech/eleven_labs_talk.h"
#include "tests/support/speech_server.h"

namespace parley::server {
namespace {

using test::Headers;
using test::object_of;
using test::text_of;
using test::WebSocketClient;
using Kind = test::SocketKind;
namespace json = boost::json;

constexpr std::string_view kText = "Good morning. It costs 5 dollars, or more. ";
constexpr double kPcmBytesPerMs = 32.0;  // pcm_16000

std::string decoded(const json::object& frame, std::string_view key) {
  const std::string text = text_of(frame, key);
  std::string bytes(base64_decoded_size(text).value_or(0), '\0');
  EXPECT_TRUE(base64_decode(text, std::as_writable_bytes(std::span(bytes))));
  return bytes;
}

/// What came of one context.
struct Heard {
  std::string audio;
  std::string written;
  std::string spoken;
  double last_ms = 0.0;  // when the last character begins
  bool is_final = false;
};

void add_alignment(const json::value& alignment, double begin_ms, std::string& text, double* last) {
  if (alignment.is_null()) return;
  const auto& chars = alignment.at("chars").as_array();
  const auto& starts = alignment.at("charStartTimesMs").as_array();
  const auto& durations = alignment.at("charDurationsMs").as_array();
  ASSERT_EQ(chars.size(), starts.size());
  ASSERT_EQ(chars.size(), durations.size());
  for (std::size_t i = 0; i < chars.size(); ++i) {
    text += chars[i].as_string();
    EXPECT_GE(durations[i].as_int64(), 0);
    const double start = begin_ms + static_cast<double>(starts[i].as_int64());
    if (last == nullptr) continue;
    EXPECT_GE(start, *last - 2.0);  // two roundings to milliseconds
    *last = start;
  }
}

void add_frame(const json::object& frame, Heard& heard) {
  if (frame.contains("isFinal") && frame.at("isFinal").is_bool()) {
    heard.is_final = frame.at("isFinal").as_bool();
    return;
  }
  EXPECT_FALSE(heard.is_final) << "after its last frame";
  const double begin_ms = static_cast<double>(heard.audio.size()) / kPcmBytesPerMs;
  add_alignment(frame.at("alignment"), begin_ms, heard.written, &heard.last_ms);
  add_alignment(frame.at("normalizedAlignment"), begin_ms, heard.spoken, nullptr);
  heard.audio += decoded(frame, "audio");
}

class ElevenLabsTest : public ::testing::Test {
 protected:
  [[nodiscard]] WebSocketClient connect(const std::string& path, const std::string& query = "",
                                        const Headers& headers = {}) const {
    return {place.port(), "/v1/text-to-speech/joe/" + path + "?output_format=pcm_16000" + query,
            headers};
  }
  /// Until all of `finals` contexts have had their last frames, or the socket ends.
  static std::map<std::string, Heard> hear(WebSocketClient& client, std::size_t finals) {
    std::map<std::string, Heard> all;
    while (finals > 0) {
      const auto received = client.receive();
      if (received.kind != Kind::text) {
        ADD_FAILURE() << "it ended: " << received.data;
        break;
      }
      const json::object frame = object_of(received);
      EXPECT_FALSE(frame.contains("error")) << received.data;
      Heard& heard = all[text_of(frame, "contextId")];
      add_frame(frame, heard);
      if (heard.is_final) --finals;
    }
    return all;
  }
  static void begin(WebSocketClient& client, const std::string& more = "") {
    client.send_text(R"({"text":" ")" + more + "}");
  }
  [[nodiscard]] test::HttpResult post(const std::string& path, const std::string& body,
                                      const Headers& headers = {}) const {
    // HTTP/1.0: the body ends with the connection.
    test::Socket socket(place.port());
    std::string request = "POST " + path + " HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: " +
                          std::to_string(body.size()) + "\r\n";
    for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
    socket.send(request + "\r\n" + body);
    const std::string all = socket.receive_all();
    test::HttpResult result;
    const std::size_t end = all.find("\r\n\r\n");
    if (end == std::string::npos) return result;
    result.status = std::stoi(all.substr(9, 3));
    result.body = all.substr(end + 4);
    return result;
  }

  test::SpeechServer place;
};

// --- stream-input
// ---------------------------------------------------------------------------------

TEST_F(ElevenLabsTest, TextComesInWordsAndIsHeardWithItsTimes) {
  place.start();
  WebSocketClient client = connect("stream-input");
  begin(client, R"(,"try_trigger_generation":true,"voice_settings":null,
                  "generation_config":{"chunk_length_schedule":[50]})");
  for (std::size_t at = 0; at < kText.size(); at += 7) {
    client.send_text(R"({"try_trigger_generation":true,"text":")" +
                     std::string(kText.substr(at, 7)) + "\"}");
  }
  client.send_text(R"({"text":""})");
  const Heard heard = hear(client, 1)[""];
  EXPECT_TRUE(kText.starts_with(heard.written)) << heard.written;
  EXPECT_GE(heard.written.size() + 1, kText.size());  // perhaps without the last space
  EXPECT_NE(heard.spoken.find("five dollars"), std::string::npos) << heard.spoken;
  EXPECT_GT(heard.last_ms, 1000.0);
  EXPECT_LE(heard.last_ms, static_cast<double>(heard.audio.size()) / kPcmBytesPerMs + 1.0);
  const auto end = client.receive();
  EXPECT_EQ(end.kind, Kind::close);
  EXPECT_EQ(end.code, 1000);
}

TEST_F(ElevenLabsTest, ASocketWithoutTextEnds) {
  place.start();
  WebSocketClient client = connect("stream-input");
  begin(client);
  client.send_text(R"({"text":""})");
  EXPECT_EQ(client.receive().data, R"({"audio":null,"isFinal":true})");
  EXPECT_EQ(client.receive().code, 1000);
}

TEST_F(ElevenLabsTest, AFlushIsHeardWhileTheSocketStaysOpen) {
  place.start();
  WebSocketClient client = connect("stream-input");
  begin(client);
  client.send_text(R"({"text":"so short ","flush":true})");
  Heard heard;
  while (heard.written.find("short") == std::string::npos) {
    add_frame(object_of(client.receive()), heard);
  }
  client.send_text(R"({"text":"and more "})");
  client.send_text(R"({"text":""})");
  while (!heard.is_final) add_frame(object_of(client.receive()), heard);
  EXPECT_NE(heard.written.find("and more"), std::string::npos) << heard.written;
}

TEST_F(ElevenLabsTest, SpeedIsThatOfTheFirstMessage) {
  place.start();
  std::size_t bytes[2] = {0, 0};
  for (int i = 0; i < 2; ++i) {
    WebSocketClient client = connect("stream-input");
    begin(client, i == 0 ? "" : R"(,"voice_settings":{"speed":2.0})");
    client.send_text(R"({"text":"A sentence that takes a while to say. "})");
    client.send_text(R"({"text":""})");
    bytes[i] = hear(client, 1)[""].audio.size();
  }
  EXPECT_NEAR(static_cast<double>(bytes[0]) / static_cast<double>(bytes[1]), 2.0, 0.1);
}

TEST_F(ElevenLabsTest, FormatsAreWhatTheirNamesSay) {
  place.start();
  struct Case {
    const char* name;
    std::string begins;
  };
  for (const Case& given : {Case{"ulaw_8000", ""}, Case{"mp3_44100_128", "\xFF"},
                            Case{"mp3_22050_32", "\xFF"}, Case{"opus_48000_64", "OggS"}}) {
    WebSocketClient client(place.port(), "/v1/text-to-speech/joe/stream-input?output_format=" +
                                             std::string(given.name));
    begin(client);
    client.send_text(R"({"text":"Hello there. ","flush":true})");
    client.send_text(R"({"text":""})");
    std::string audio;
    for (json::object frame = object_of(client.receive()); !frame.at("audio").is_null();
         frame = object_of(client.receive())) {
      audio += decoded(frame, "audio");
    }
    EXPECT_TRUE(audio.starts_with(given.begins)) << given.name;
    EXPECT_GT(audio.size(), 1000U) << given.name;
  }
}

TEST_F(ElevenLabsTest, WhoSaysNothingIsSentAway) {
  place.start();
  WebSocketClient client = connect("stream-input", "&inactivity_timeout=1");
  begin(client);
  EXPECT_EQ(text_of(object_of(client.receive()), "error"), "input_timeout_exceeded");
  EXPECT_EQ(client.receive().code, 1008);
}

TEST_F(ElevenLabsTest, MistakesCloseTheirSocket) {
  place.start();
  for (const char* message : {"garbage", R"({"text":7})", R"({"voice_settings":[]})", "{}"}) {
    WebSocketClient client = connect("stream-input");
    client.send_text(message);
    const json::object error = object_of(client.receive());
    EXPECT_FALSE(text_of(error, "message").empty()) << message;
    EXPECT_EQ(error.at("code"), 1008);
    EXPECT_EQ(client.receive().code, 1008);
  }
  WebSocketClient binary = connect("stream-input");
  binary.send_binary("x");
  EXPECT_EQ(text_of(object_of(binary.receive()), "error"), "invalid_message");
  for (const char* query : {"&output_format=x", "&inactivity_timeout=181"}) {
    const std::string target =
        "/v1/text-to-speech/joe/stream-input?" + std::string(query).substr(1);
    WebSocketClient client(place.port(), target);
    EXPECT_EQ(text_of(object_of(client.receive()), "error"), "invalid_parameter") << query;
  }
}

TEST_F(ElevenLabsTest, AKeyMayComeInManyWays) {
  place.config.server.api_keys = {"sesame"};
  place.start();
  const auto speaks = [&](WebSocketClient client, const std::string& first) {
    begin(client, first);
    client.send_text(R"({"text":"Yes. ","flush":true})");
    return object_of(client.receive()).contains("audio");
  };
  EXPECT_TRUE(speaks(connect("stream-input", "", {{"xi-api-key", "sesame"}}), ""));
  EXPECT_TRUE(speaks(connect("stream-input", "&xi-api-key=sesame"), ""));
  EXPECT_TRUE(speaks(connect("stream-input", "&authorization=Bearer%20sesame"), ""));
  EXPECT_TRUE(speaks(connect("stream-input"), R"(,"xi_api_key":"sesame")"));
  EXPECT_TRUE(speaks(connect("stream-input"), R"(,"authorization":"Bearer sesame")"));
  for (const char* first : {"", R"(,"xi_api_key":"wrong")"}) {
    WebSocketClient client = connect("stream-input");
    begin(client, first);
    EXPECT_EQ(text_of(object_of(client.receive()), "error"), "invalid_api_key");
    EXPECT_EQ(client.receive().code, 1008);
  }
  WebSocketClient client = connect("stream-input", "", {{"xi-api-key", "wrong"}});
  EXPECT_EQ(text_of(object_of(client.receive()), "error"), "invalid_api_key");
}

// --- multi-stream-input
// ---------------------------------------------------------------------------

TEST_F(ElevenLabsTest, ContextsSpeakSideBySide) {
  place.start();
  WebSocketClient client = connect("multi-stream-input");
  for (const char* id : {"a", "b"}) {
    const std::string context = R"(,"context_id":")" + std::string(id) + "\"";
    begin(client, context);
    client.send_text(R"({"text":"I am )" + std::string(id) + R"(. ","flush":true)" + context + "}");
    client.send_text(R"({"close_context":true)" + context + "}");
  }
  auto all = hear(client, 2);
  for (const char* id : {"a", "b"}) {
    EXPECT_TRUE(all[id].written.starts_with("I am " + std::string(id))) << all[id].written;
    EXPECT_GT(all[id].audio.size(), 1000U);
  }
  client.send_text(R"({"close_socket":true})");
  EXPECT_EQ(client.receive().code, 1000);
}

TEST_F(ElevenLabsTest, NothingOfAContextFollowsABargeIn) {
  place.start();
  WebSocketClient client = connect("multi-stream-input", "&auto_mode=true");
  std::string text;
  for (int i = 0; i < 100; ++i) text += "A sentence of some forty characters, it is. ";
  client.send_text(R"({"context_id":"a","text":")" + text + "\"}");
  EXPECT_EQ(text_of(object_of(client.receive()), "contextId"), "a");
  client.send_text(R"({"context_id":"a","close_context":true})");
  Heard heard;
  while (!heard.is_final) add_frame(object_of(client.receive()), heard);
  EXPECT_LT(heard.written.size(), text.size());
  client.send_text(R"({"context_id":"b","text":"And now? ","flush":true})");
  const json::object next = object_of(client.receive());
  EXPECT_EQ(text_of(next, "contextId"), "b");
}

/// What waits for the schedule is not spoken before its time, and what is asked for at once is.
TEST_F(ElevenLabsTest, ShortTextWaitsForMore) {
  place.start();
  WebSocketClient client = connect("multi-stream-input");
  client.send_text(R"({"context_id":"a","text":"I can wait. "})");
  client.send_text(R"({"context_id":"b","text":"I cannot. ","flush":true})");
  client.send_text(R"({"context_id":"b","close_context":true})");
  for (Heard b; !b.is_final;) {
    const json::object frame = object_of(client.receive());
    ASSERT_EQ(text_of(frame, "contextId"), "b");
    add_frame(frame, b);
  }
  client.send_text(R"({"close_socket":true})");
  EXPECT_TRUE(hear(client, 1)["a"].written.starts_with("I can wait."));
}

TEST_F(ElevenLabsTest, ThereAreAsManyContextsAsItSays) {
  place.start();
  WebSocketClient client = connect("multi-stream-input");
  for (std::size_t i = 0; i <= kContextsMax; ++i) {
    begin(client, R"(,"context_id":")" + std::to_string(i) + "\"");
  }
  EXPECT_EQ(text_of(object_of(client.receive()), "error"), "max_contexts_exceeded");
  client.send_text(R"({"context_id":"0","close_context":true})");
  begin(client, R"(,"context_id":"again")");
  client.send_text(R"({"close_socket":true})");
  hear(client, kContextsMax + 1);
  EXPECT_EQ(client.receive().code, 1000);
}

// --- HTTP
// -----------------------------------------------------------------------------------------

TEST_F(ElevenLabsTest, AudioOverHttp) {
  place.start();
  for (const char* path : {"", "/stream"}) {
    const auto answer = post("/v1/text-to-speech/joe" + std::string(path), R"({"text":"Hello."})");
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.body.starts_with("\xFF")) << "an mp3, unless asked";
  }
  const auto pcm =
      post("/v1/text-to-speech/joe/stream?output_format=pcm_16000", R"({"text":"Hello there."})");
  EXPECT_GT(pcm.body.size(), 10'000U);
}

TEST_F(ElevenLabsTest, TimesOverHttpAreThoseOfTheWhole) {
  place.start();
  const std::string body = R"({"text":")" + std::string(kText) + "\"}";
  const std::string query = "?output_format=pcm_16000";
  const auto whole = post("/v1/text-to-speech/joe/with-timestamps" + query, body);
  ASSERT_EQ(whole.status, 200);
  const json::object object = json::parse(whole.body).as_object();
  const std::string audio = decoded(object, "audio_base64");

  const auto lines = post("/v1/text-to-speech/joe/stream/with-timestamps" + query, body);
  std::string pieces;
  std::string characters;
  double before = 0.0;
  for (std::size_t at = 0; at < lines.body.size();) {
    const std::size_t end = lines.body.find('\n', at);
    const json::object line = json::parse(lines.body.substr(at, end - at)).as_object();
    at = end + 1;
    pieces += decoded(line, "audio_base64");
    if (line.at("alignment").is_null()) continue;
    const auto& alignment = line.at("alignment").as_object();
    for (const auto& one : alignment.at("characters").as_array()) characters += one.as_string();
    for (const auto& start : alignment.at("character_start_times_seconds").as_array()) {
      EXPECT_GE(start.to_number<double>(), before);
      before = start.to_number<double>();
    }
  }
  EXPECT_EQ(pieces, audio);
  EXPECT_GT(before, 1.0);
  std::string all;
  for (const auto& one : object.at("alignment").at("characters").as_array()) {
    all += one.as_string();
  }
  EXPECT_EQ(characters, all);
  EXPECT_TRUE(kText.starts_with(all)) << all;
}

TEST_F(ElevenLabsTest, ListsAndErrorsHaveItsShape) {
  place.config.server.api_keys = {"sesame"};
  place.start();
  const Headers key{{"xi-api-key", "sesame"}};
  const auto get = [&](const char* path, const Headers& headers) {
    return test::http(place.port(), "GET", path, headers);
  };
  const auto voices = json::parse(get("/v1/voices", key).body).as_object();
  EXPECT_GE(voices.at("voices").as_array().size(), 13U);
  EXPECT_EQ(get("/v2/voices", key).status, 200);
  EXPECT_EQ(text_of(json::parse(get("/v1/voices/alloy", key).body).as_object(), "voice_id"),
            "alloy");
  EXPECT_EQ(get("/v1/voices/nobody", key).status, 404);
  EXPECT_TRUE(json::parse(get("/v1/models", key).body).is_array());
  EXPECT_TRUE(json::parse(get("/v1/models", {{"Authorization", "Bearer sesame"}}).body)
                  .as_object()
                  .contains("data"));
  const auto stranger = get("/v1/voices", {});
  EXPECT_EQ(stranger.status, 401);
  EXPECT_EQ(text_of(json::parse(stranger.body).at("detail").as_object(), "status"),
            "invalid_api_key");
  EXPECT_EQ(get("/v1/text-to-speech/joe", key).status, 405);
  EXPECT_EQ(post("/v1/text-to-speech/joe/sing", "{}", key).status, 404);
  const auto invalid = post("/v1/text-to-speech/joe", "{}", key);
  EXPECT_EQ(invalid.status, 422);
  EXPECT_EQ(json::parse(invalid.body).at("detail").at(0).at("loc").at(1), "text");
  EXPECT_EQ(post("/v1/text-to-speech/joe?output_format=x", R"({"text":"a"})", key).status, 422);
}

TEST_F(ElevenLabsTest, AKeyThatHasSpokenEnoughIsToldWhenToComeAgain) {
  place.config.limits.requests_per_minute = 1;
  place.start();
  EXPECT_EQ(post("/v1/text-to-speech/joe", R"({"text":"Hi."})").status, 200);
  const auto limited =
      test::http(place.port(), "POST", "/v1/text-to-speech/joe", {}, R"({"text":"Hi."})");
  EXPECT_EQ(limited.status, 429);
  EXPECT_GE(std::stoi("0" + limited.header("Retry-After")), 1);
}

TEST_F(ElevenLabsTest, ASocketHasAsManyCharactersAsItsKey) {
  place.config.limits.characters_per_minute = 10;
  place.start();
  WebSocketClient client = connect("stream-input");
  begin(client);
  client.send_text(R"({"text":"These are more than ten. ","flush":true})");
  client.send_text(R"({"text":"And these too many. ","flush":true})");
  for (;;) {
    const auto received = client.receive();
    if (received.kind == Kind::text && !object_of(received).contains("error")) continue;
    ASSERT_EQ(received.kind, Kind::text);
    EXPECT_EQ(text_of(object_of(received), "error"), "quota_exceeded");
    break;
  }
  EXPECT_EQ(client.receive().code, 1013);
}

}  // namespace
}  // namespace parley::server
