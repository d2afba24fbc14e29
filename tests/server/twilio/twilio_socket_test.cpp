// SPDX-License-Identifier: Apache-2.0
#include "server/twilio/twilio_socket.h"

#include <string>

#include <gtest/gtest.h>

#include "codec/audio_codec.h"
#include "tests/support/audio.h"
#include "tests/support/speech_server.h"

namespace parley::server {
namespace {

using test::object_of;
using test::text_of;
using test::WebSocketClient;
namespace json = boost::json;

constexpr const char* kStart =
    R"({"event":"start","streamSid":"MZ1","start":{"streamSid":"MZ1","callSid":"CA1",)"
    R"("tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,)"
    R"("channels":1},"customParameters":{}}})";

void send(WebSocketClient& client, const std::vector<float>& samples) {
  for (std::size_t at = 0; at + 160 <= samples.size(); at += 160) {
    std::string bytes(160, '\0');
    codec::encode(media::Codec::pcmu, std::span(samples).subspan(at, 160),
                  std::as_writable_bytes(std::span(bytes)));
    client.send_text(protocol::to_json(protocol::CallSend{bytes}, "MZ1"));
  }
}

TEST(TwilioSocket, ACallHearsAnAnswer) {
  test::SpeechServer place;
  place.start();
  WebSocketClient client(place.port(), "/twilio/media");
  client.send_text(R"({"event":"connected","protocol":"Call","version":"1.0.0"})");
  client.send_text("nonsense");  // is passed over
  client.send_binary("more of it");
  client.send_text(kStart);
  send(client, test::noise(8'000, 1));
  send(client, test::silence(8'000));
  const json::object sound = object_of(client.receive());
  EXPECT_EQ(text_of(sound, "event"), "media");
  EXPECT_EQ(text_of(sound, "streamSid"), "MZ1");
  EXPECT_FALSE(text_of(sound.at("media").as_object(), "payload").empty());
  json::object mark = object_of(client.receive());
  while (text_of(mark, "event") == "media") mark = object_of(client.receive());
  EXPECT_EQ(text_of(mark, "event"), "mark");
  EXPECT_EQ(text_of(mark.at("mark").as_object(), "name"), "heard-1");
  client.send_text(R"({"event":"stop","streamSid":"MZ1","stop":{}})");
  WebSocketClient::Received last = client.receive();
  while (last.kind == test::SocketKind::text) last = client.receive();
  EXPECT_EQ(last.code, 1000);
}

}  // namespace
}  // namespace parley::server
