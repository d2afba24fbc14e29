// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/vosk_socket.h"

#include <string>

#include <gtest/gtest.h>

#include "codec/audio_codec.h"
#include "tests/support/audio.h"
#include "tests/support/noting_asr.h"
#include "tests/support/speech_server.h"

namespace parley::server {
namespace {

using test::object_of;
using test::text_of;
using test::WebSocketClient;
namespace json = boost::json;

class VoskSocketTest : public ::testing::Test {
 protected:
  VoskSocketTest() { place.config.ports.vosk = 0; }

  [[nodiscard]] WebSocketClient connect() const {
    const auto addresses = place.server->protocol_addresses();
    EXPECT_EQ(addresses.size(), 1U);
    EXPECT_EQ(addresses[0].first, "Vosk");
    const std::string port = addresses[0].second.substr(addresses[0].second.find(':') + 1);
    return {static_cast<std::uint16_t>(std::stoi(port)), "/"};
  }
  static std::string pcm(std::span<const float> samples) {
    std::string bytes(samples.size() * 2, '\0');
    codec::encode(media::Codec::pcm16, samples, std::as_writable_bytes(std::span(bytes)));
    return bytes;
  }
  /// As vosk-server's test.py: a piece, its answer, the next piece.
  static std::string say(WebSocketClient& client, const std::vector<float>& samples) {
    std::string texts;
    for (std::size_t at = 0; at < samples.size(); at += 3200) {
      client.send_binary(
          pcm(std::span(samples).subspan(at, std::min<std::size_t>(3200, samples.size() - at))));
      const json::object answer = object_of(client.receive());
      EXPECT_TRUE(answer.contains("partial") || answer.contains("text"));
      texts += text_of(answer, "text");
    }
    return texts;
  }

  test::SpeechServer place;
};

TEST_F(VoskSocketTest, EveryPieceHasAnAnswerAndTheEndTheRest) {
  place.start();
  WebSocketClient client = connect();
  client.send_text(R"({"config":{"sample_rate":16000,"words":true}})");
  std::string heard = say(client, test::noise(32'000, 1));
  client.send_text(R"({"eof" : 1})");
  const json::object last = object_of(client.receive());
  heard += text_of(last, "text");
  EXPECT_EQ(heard, "heard 2.1 seconds");
  EXPECT_EQ(last.at("result").as_array().size(), 3U);
  EXPECT_EQ(client.receive().code, 1000);
}

TEST_F(VoskSocketTest, ASilentRecordingHasAnEmptyResult) {
  place.start();
  WebSocketClient client = connect();
  EXPECT_EQ(say(client, test::silence(16'000)), "");
  client.send_text(R"({"reset" : 1})");
  EXPECT_EQ(client.receive().data, R"({"text":""})");
  client.send_text(R"({"eof" : 1})");
  EXPECT_EQ(client.receive().data, R"({"text":""})");
}

TEST_F(VoskSocketTest, APhraseListIsLeanedTowards) {
  const test::HotWordNotes notes;
  place.wrap_asr = notes.wrap();
  place.start();
  WebSocketClient client = connect();
  client.send_text(R"({"config":{"phrase_list":["Svea Lindqvist","[unk]"]}})");
  say(client, test::noise(16'000, 1));
  client.send_text(R"({"eof" : 1})");
  client.receive();
  EXPECT_EQ(notes.last(), std::vector<std::string>{"Svea Lindqvist"});
}

TEST_F(VoskSocketTest, WhatIsWrongCloses) {
  place.start();
  WebSocketClient client = connect();
  client.send_text(R"({"config":{"sample_rate":1}})");
  EXPECT_EQ(client.receive().code, 1008);
}

}  // namespace
}  // namespace parley::server
