// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/funasr_socket.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/recognition/protocol_port.h"
#include "server/recognition/recognition_sockets.h"
#include "tests/support/noting_asr.h"
#include "tests/support/protocol_port.h"

namespace parley::server {
namespace {

using test::object_of;
using test::text_of;
using test::WebSocketClient;
namespace json = boost::json;

constexpr std::size_t kPiece = 1920;  // 60 ms

class FunasrSocketTest : public ::testing::Test {
 protected:
  FunasrSocketTest() { place.config.ports.funasr = 0; }

  [[nodiscard]] WebSocketClient connect(const test::Headers& headers = {}) const {
    return {test::protocol_port(*place.server, "FunASR"), "/", headers};
  }
  /// Two seconds of sound, said to be one recording.
  static void say(WebSocketClient& client, const std::string& order,
                  const std::string& end = R"({"is_speaking": false})") {
    client.send_text(order);
    test::send_in_pieces(client, test::s16_bytes(test::noise(32'000, 1)), kPiece);
    client.send_text(end);
  }
  /// All messages of a recording, the last of which is final.
  static std::vector<json::object> hear(WebSocketClient& client) {
    std::vector<json::object> all;
    for (;;) {
      json::object message = object_of(client.receive());
      EXPECT_FALSE(message.empty());
      if (message.empty()) return all;
      all.push_back(std::move(message));
      const json::value* final = all.back().if_contains("is_final");
      if (final != nullptr && final->is_bool() && final->get_bool()) return all;
    }
  }

  test::SpeechServer place;
};

TEST_F(FunasrSocketTest, TwoPassesTellWhatIsNewAndThenAllOfIt) {
  place.start();
  WebSocketClient client = connect({{"Sec-WebSocket-Protocol", "binary"}});
  EXPECT_EQ(client.answer().header("Sec-WebSocket-Protocol"), "binary");
  for (const std::string name : {"one", "two"}) {
    say(client, R"({"mode":"2pass","chunk_size":[5,10,5],"wav_name":")" + name +
                    R"(","is_speaking":true})");
    const std::vector<json::object> heard = hear(client);
    std::string online;
    for (const json::object& message : heard) {
      EXPECT_EQ(text_of(message, "wav_name"), name);
      if (text_of(message, "mode") == "2pass-online") online += text_of(message, "text");
    }
    const json::object& last = heard.back();
    EXPECT_EQ(text_of(last, "mode"), "2pass-offline");
    EXPECT_EQ(text_of(last, "text"), "heard 2.1 seconds");
    // The stand-in hears another number each time. Who sends all at once may have the final before
    // there was time for two hypotheses that agree.
    EXPECT_TRUE(online.empty() || online.starts_with("heard")) << online;
    // Times count from the recording's beginning.
    const json::array& sentences = last.at("stamp_sents").as_array();
    ASSERT_FALSE(sentences.empty());
    EXPECT_LT(sentences[0].as_object().at("start").as_int64(), 500);
    EXPECT_EQ(json::parse(text_of(last, "timestamp")).as_array().size(), 3U);
  }
}

TEST_F(FunasrSocketTest, OnlineTellsEveryWordOnce) {
  place.start();
  WebSocketClient client = connect();
  say(client, R"({"mode":"online","is_speaking":true})");
  std::string text;
  for (const json::object& message : hear(client)) {
    EXPECT_EQ(text_of(message, "mode"), "online");
    text += text_of(message, "text");
  }
  // The stand-in hears another number each time: as many words as it said.
  EXPECT_TRUE(text.starts_with("heard ") && text.ends_with(" seconds")) << text;
  EXPECT_EQ(std::ranges::count(text, ' '), 2) << text;
}

TEST_F(FunasrSocketTest, OfflineAnswersOnceAndAcknowledgesTheEnd) {
  place.start();
  WebSocketClient client = connect();
  say(client, R"({"mode":"offline","wav_name":"a","is_speaking":true})",
      R"({"is_speaking": false, "is_end": true})");
  const json::object answer = object_of(client.receive());
  EXPECT_EQ(text_of(answer, "mode"), "offline");
  EXPECT_EQ(text_of(answer, "text"), "heard 2.1 seconds");
  EXPECT_TRUE(answer.at("is_final").as_bool());
  EXPECT_EQ(client.receive().data, R"({"wav_name":"a","is_end":true,"is_final":true})");
  client.send_text(R"({"is_speaking": false})");  // nothing was said
  EXPECT_EQ(client.receive().data,
            R"({"mode":"offline","text":"","wav_name":"a","is_final":true})");
}

TEST_F(FunasrSocketTest, WithoutItnNumbersAreWords) {
  place.start();
  WebSocketClient client = connect();
  for (const std::string mode : {"offline", "2pass", "online"}) {
    say(client, R"({"mode":")" + mode + R"(","itn":false,"is_speaking":true})");
    std::string text;
    std::string times;
    for (const json::object& message : hear(client)) {
      if (text_of(message, "mode") != "2pass-online") text += text_of(message, "text");
      times += text_of(message, "timestamp");
    }
    EXPECT_EQ(text, "heard two point one seconds") << mode;
    const auto words = (std::ranges::count(times, ',') + 1) / 2;
    EXPECT_EQ(words, mode == "online" ? 0 : 5) << times;
  }
  say(client, R"({"mode":"offline","itn":true,"is_speaking":true})");
  EXPECT_EQ(text_of(hear(client).back(), "text"), "heard 2.1 seconds");
}

TEST_F(FunasrSocketTest, HotWordsReachTheRecogniser) {
  const test::HotWordNotes notes;
  place.wrap_asr = notes.wrap();
  place.start();
  WebSocketClient client = connect();
  say(client, R"({"mode":"offline","hotwords":"{\"Svea Lindqvist\": 20}","is_speaking":true})");
  EXPECT_FALSE(hear(client).empty());
  EXPECT_EQ(notes.last(), std::vector<std::string>{"Svea Lindqvist"});
}

TEST_F(FunasrSocketTest, AWavFileIsHeardFromItsFirstSample) {
  place.start();
  WebSocketClient client = connect();
  const std::string samples = test::s16_bytes(test::noise(32'000, 1));
  std::string head = "RIFF....WAVEfmt ";
  head += std::string("\x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0", 20);
  head += "data";
  for (std::size_t i = 0; i < 4; ++i) {
    head += static_cast<char>(samples.size() >> (8 * i) & 0xFFU);
  }
  client.send_text(R"({"mode":"offline","wav_format":"wav","is_speaking":true})");
  test::send_in_pieces(client, head + samples + "LIST and what nobody hears", 999);
  client.send_text(R"({"is_speaking":false})");
  EXPECT_EQ(text_of(object_of(client.receive()), "text"), "heard 2.1 seconds");
}

TEST_F(FunasrSocketTest, WhatIsWrongIsToldAndCloses) {
  place.start();
  for (const char* order :
       {R"({"mode":"3pass"})", R"({"wav_format":"others"})", R"({"audio_fs":7})", "hello"}) {
    WebSocketClient client = connect();
    client.send_text(order);
    const json::object error = object_of(client.receive());
    EXPECT_TRUE(text_of(error, "text").starts_with("ERROR. ")) << order;
    EXPECT_FALSE(text_of(error, "error").empty());
    EXPECT_EQ(client.receive().code, 1008);
  }
  WebSocketClient client = connect();
  client.send_text(R"({"wav_format":"wav"})");
  client.send_binary("This is no file of that kind.");
  EXPECT_TRUE(text_of(object_of(client.receive()), "text").starts_with("ERROR. "));
  EXPECT_EQ(test::http(test::protocol_port(*place.server, "FunASR"), "GET", "/").status, 426);
}

TEST_F(FunasrSocketTest, WithoutAKeyNobodyComesIn) {
  place.config.server.api_keys = {"sesame"};
  place.start();
  WebSocketClient stranger = connect();
  EXPECT_FALSE(text_of(object_of(stranger.receive()), "error").empty());
  EXPECT_EQ(stranger.receive().code, 1008);
  WebSocketClient client = connect({{"Authorization", "Bearer sesame"}});
  say(client, R"({"mode":"offline"})");
  EXPECT_EQ(text_of(object_of(client.receive()), "text"), "heard 2.1 seconds");
}

}  // namespace
}  // namespace parley::server
