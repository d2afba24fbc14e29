// SPDX-License-Identifier: Apache-2.0
#include "server/xiaozhi/xiaozhi_socket.h"

#include <string>

#include <gtest/gtest.h>

#include "codec/opus_packets.h"
#include "protocol/xiaozhi/binary_frame.h"
#include "tests/support/audio.h"
#include "tests/support/speech_server.h"

namespace parley::server {
namespace {

using test::object_of;
using test::text_of;
using test::WebSocketClient;
using Kind = test::SocketKind;
namespace json = boost::json;

class XiaozhiSocketTest : public ::testing::Test {
 protected:
  void SetUp() override { place.start(); }

  WebSocketClient connect(int framing) {
    WebSocketClient client(place.port(), "/xiaozhi/v1/",
                           {{"Device-Id", "aa:bb"},
                            {"Client-Id", "c"},
                            {"Protocol-Version", std::to_string(framing)}});
    client.send_text(R"({"type":"hello","version":1,"transport":"websocket"})");
    const json::object hello = object_of(client.receive());
    EXPECT_EQ(text_of(hello, "type"), "hello");
    EXPECT_TRUE(text_of(hello, "session_id").starts_with("sess_"));
    return client;
  }
  /// A second of sound and a second of silence.
  static void ask(WebSocketClient& client, int framing) {
    auto encoder = codec::OpusPacketEncoder::make(16'000, 60);
    ASSERT_TRUE(encoder);
    const std::vector<float> sound = test::noise(17 * 960, 1);
    for (std::size_t frame = 0; frame < 34; ++frame) {
      std::vector<std::int16_t> samples(960);
      for (std::size_t i = 0; frame < 17 && i < 960; ++i) {
        samples[i] = static_cast<std::int16_t>(sound[frame * 960 + i] * 20'000.0F);
      }
      client.send_binary(protocol::binary_frame(framing, *encoder->encode(samples), 0));
    }
  }

  test::SpeechServer place;
};

TEST_F(XiaozhiSocketTest, EveryFramingCarriesAConversation) {
  for (const int framing : {1, 2, 3}) {
    WebSocketClient client = connect(framing);
    client.send_text(R"({"type":"listen","state":"start","mode":"auto"})");
    ask(client, framing);
    auto decoder = codec::OpusPacketDecoder::make(24'000);
    ASSERT_TRUE(decoder);
    std::string order;
    std::size_t packets = 0;
    for (bool has_ended = false; !has_ended;) {
      const WebSocketClient::Received received = client.receive();
      ASSERT_TRUE(received.kind == Kind::text || received.kind == Kind::binary);
      if (received.kind == Kind::binary) {
        const auto frame =
            protocol::parse_binary_frame(framing, std::as_bytes(std::span(received.data)));
        ASSERT_TRUE(frame);
        const auto samples = decoder->decode(frame->payload);
        ASSERT_TRUE(samples);
        EXPECT_EQ(samples->size(), 1440U);
        EXPECT_EQ(frame->timestamp_ms, framing == 2 ? packets * 60 : 0U);
        ++packets;
        continue;
      }
      const json::object message = object_of(received);
      const std::string state = text_of(message, "state");
      order += text_of(message, "type") + (state.empty() ? "" : ":" + state) + " ";
      has_ended = state == "stop";
    }
    EXPECT_TRUE(order.starts_with("stt tts:start llm tts:sentence_start ")) << order;
    EXPECT_GT(packets, 5U);
  }
}

TEST_F(XiaozhiSocketTest, NonsenseIsPassedOver) {
  WebSocketClient client = connect(3);
  client.send_text("nonsense");
  client.send_text(R"({"type":"listen","state":"dance"})");
  client.send_binary("xyz");
  client.send_binary(std::string("\0\0\xFF\xFFx", 5));
  using std::string_literals::operator""s;
  client.send_binary("\1\0\0\x0F{\"type\":\"ping\"}"s);
  EXPECT_EQ(text_of(object_of(client.receive()), "type"), "pong");
  EXPECT_EQ(place.metric("parley_xiaozhi_bad_messages_total"), 4.0);
}

TEST_F(XiaozhiSocketTest, AServerThatEndsSaysSo) {
  WebSocketClient client = connect(1);
  place.server->drain(Millis(1));  // the client answers only now
  const WebSocketClient::Received last = client.receive();
  EXPECT_EQ(last.kind, Kind::close);
  EXPECT_EQ(last.code, 1001);
}

}  // namespace
}  // namespace parley::server
