// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/raw_socket.h"

#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "codec/audio_codec.h"
#include "codec/opus_packets.h"
#include "tests/support/audio.h"
#include "tests/support/speech_server.h"

namespace parley::server {
namespace {

using test::Headers;
using test::object_of;
using test::text_of;
using test::WebSocketClient;
using Kind = test::SocketKind;
namespace json = boost::json;

constexpr int kRate = 16'000;

class RawSocketTest : public ::testing::Test {
 protected:
  [[nodiscard]] WebSocketClient connect(const std::string& query = "",
                                        const Headers& headers = {}) const {
    return {place.port(), "/v1/asr/stream" + query, headers};
  }
  static std::string bytes_of(const std::vector<float>& samples, media::Codec codec) {
    std::string bytes(samples.size() * codec::bytes_per_sample(codec), '\0');
    codec::encode(codec, samples, std::as_writable_bytes(std::span(bytes)));
    return bytes;
  }
  /// Silence, `ms` of sound, silence.
  static std::vector<float> utterance(int ms, int rate = kRate) {
    const auto count = [&](int of) {
      return static_cast<std::size_t>(rate) * static_cast<std::size_t>(of) / 1000;
    };
    std::vector<float> samples = test::silence(count(480));
    const std::vector<float> sound = test::noise(count(ms), 1);
    samples.insert(samples.end(), sound.begin(), sound.end());
    samples.resize(samples.size() + count(960), 0.0F);
    return samples;
  }
  /// Packets of 60 ms.
  static std::vector<std::string> packets_of(const std::vector<float>& samples, int rate) {
    auto encoder = codec::OpusPacketEncoder::make(rate, 60);
    const std::string bytes = bytes_of(samples, media::Codec::pcm16);
    const std::size_t frame = encoder->frame_samples();
    std::vector<std::string> packets;
    std::vector<std::int16_t> one(frame);
    for (std::size_t at = 0; at + 2 * frame <= bytes.size(); at += 2 * frame) {
      std::memcpy(one.data(), bytes.data() + at, 2 * frame);
      packets.push_back(*encoder->encode(one));
    }
    return packets;
  }
  /// In frames of 60 ms.
  static void send(WebSocketClient& client, const std::string& bytes, std::size_t frame = 1920) {
    for (std::size_t at = 0; at < bytes.size(); at += frame) {
      client.send_binary(bytes.substr(at, frame));
    }
  }
  static json::object until(WebSocketClient& client, std::string_view type) {
    for (;;) {
      json::object event = object_of(client.receive());
      if (event.empty() || text_of(event, "type") == type) return event;
    }
  }

  test::SpeechServer place;
};

TEST_F(RawSocketTest, AudioBecomesWords) {
  place.start();
  WebSocketClient client = connect("?encoding=pcm_s16le&rate=16000&language=en");
  const std::string bytes = bytes_of(utterance(1920), media::Codec::pcm16);
  // Whoever sends all at once may have the final before there was time for a partial.
  const std::size_t spoken = 2 * kRate * std::size_t{480 + 1920} / 1000;
  send(client, bytes.substr(0, spoken));
  const json::object started = until(client, "speech_started");
  EXPECT_NEAR(static_cast<double>(started.at("start_ms").as_int64()), 480, 40);
  const json::object partial = until(client, "partial");
  EXPECT_TRUE(text_of(partial, "text").starts_with("heard "));
  send(client, bytes.substr(spoken));
  const json::object final = until(client, "final");
  EXPECT_EQ(text_of(final, "text"), "heard 2.4 seconds");
  EXPECT_EQ(text_of(final, "stable"), "heard 2.4 seconds");
  EXPECT_EQ(text_of(final, "language"), "en");
  EXPECT_EQ(final.at("words").as_array().size(), 3U);
  EXPECT_NEAR(final.at("confidence").as_double(), 0.7788, 0.001);
  client.send_text(R"({"type":"end"})");
  EXPECT_EQ(until(client, "done").at("audio_ms"), 3360);
}

TEST_F(RawSocketTest, AnEndInTheMiddleOfAWordTellsItAndTheSocketGoesOn) {
  place.start();
  WebSocketClient client = connect("?partials=false");
  for (int utterance = 1; utterance <= 2; ++utterance) {
    send(client, bytes_of(test::noise(kRate, 1), media::Codec::pcm16));
    client.send_text(R"({"type":"end"})");
    EXPECT_EQ(until(client, "final").at("utterance"), utterance);
    EXPECT_EQ(text_of(object_of(client.receive()), "type"), "done");
  }
}

TEST_F(RawSocketTest, EveryEncodingIsHeard) {
  place.start();
  const auto hear = [&](const std::string& query, const std::string& bytes) {
    WebSocketClient client = connect(query);
    send(client, bytes, 999);  // samples are cut between frames
    client.send_text(R"({"type":"end"})");
    return text_of(until(client, "final"), "text");
  };
  const std::string heard = "heard 1.5 seconds";
  EXPECT_EQ(hear("", bytes_of(utterance(1000), media::Codec::pcm16)), heard);
  EXPECT_EQ(hear("?encoding=mulaw", bytes_of(utterance(1000, 8000), media::Codec::pcmu)), heard);
  EXPECT_EQ(hear("?encoding=alaw", bytes_of(utterance(1000, 8000), media::Codec::pcma)), heard);
  EXPECT_EQ(hear("?rate=48000", bytes_of(utterance(1000, 48'000), media::Codec::pcm16)), heard);
  std::vector<float> floats = utterance(1000);
  floats[7] = std::numeric_limits<float>::quiet_NaN();
  std::string bytes(floats.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), floats.data(), bytes.size());
  EXPECT_EQ(hear("?encoding=pcm_f32le", bytes), heard);
}

TEST_F(RawSocketTest, OpusIsHeardPacketByPacket) {
  place.start();
  for (const int rate : {8'000, 16'000, 24'000, 48'000}) {
    WebSocketClient client = connect("?encoding=opus&rate=" + std::to_string(rate));
    const std::vector<std::string> packets = packets_of(utterance(1000, rate), rate);
    for (const std::string& packet : packets) client.send_binary(packet);
    client.send_text(R"({"type":"end"})");
    // The codec's noise begins and ends softly.
    const std::string heard = text_of(until(client, "final"), "text");
    EXPECT_TRUE(heard.starts_with("heard 1.")) << rate << ": " << heard;
    EXPECT_EQ(until(client, "done").at("audio_ms"), static_cast<int>(packets.size()) * 60);
  }
}

TEST_F(RawSocketTest, APacketThatIsNoneIsToldAndTheStreamGoesOnInTime) {
  place.start();
  WebSocketClient client = connect("?encoding=opus");
  const std::vector<std::string> packets = packets_of(utterance(1000), kRate);
  for (std::size_t at = 0; at < packets.size(); ++at) {
    if (at == 12) {
      client.send_binary("\x03\xFF\xFF");
    } else if (at == 14) {
      client.send_binary("");  // was lost before it came to the client
    } else {
      client.send_binary(packets[at]);
    }
  }
  client.send_text(R"({"type":"end"})");
  const json::object error = until(client, "error");
  EXPECT_EQ(error.at("code"), 400);
  EXPECT_NE(text_of(error, "message").find("no Opus packet"), std::string::npos);
  EXPECT_FALSE(text_of(until(client, "final"), "text").empty());
  EXPECT_EQ(until(client, "done").at("audio_ms"), static_cast<int>(packets.size()) * 60);
}

TEST_F(RawSocketTest, MistakesAreToldAndHarmNothing) {
  place.start();
  for (const char* query : {"?rate=7", "?encoding=ogg", "?silence_ms=1", "?channels=2"}) {
    WebSocketClient client = connect(query);
    const json::object error = object_of(client.receive());
    EXPECT_EQ(error.at("code"), 400) << query;
    EXPECT_FALSE(text_of(error, "field").empty()) << query;
    EXPECT_EQ(client.receive().code, 1008) << query;
  }
  WebSocketClient client = connect();
  client.send_text("Good morning.");
  EXPECT_EQ(object_of(client.receive()).at("code"), 400);
  client.send_text(R"({"type":"end"})");
  EXPECT_EQ(text_of(object_of(client.receive()), "type"), "done");
  EXPECT_EQ(test::http(place.port(), "GET", "/v1/asr/stream").status, 426);
}

TEST_F(RawSocketTest, KeysAndTheirLimits) {
  place.config.server.api_keys = {"sesame"};
  place.config.limits.audio_seconds_per_minute = 1;
  place.start();
  WebSocketClient stranger = connect();
  EXPECT_EQ(object_of(stranger.receive()).at("code"), 401);
  EXPECT_EQ(stranger.receive().code, 1008);
  WebSocketClient client = connect("", {{"Authorization", "Bearer sesame"}});
  send(client, bytes_of(test::silence(3 * kRate), media::Codec::pcm16));
  const json::object limited = until(client, "error");
  EXPECT_EQ(limited.at("code"), 429);
  EXPECT_GE(limited.at("retry_after").as_int64(), 1);
  EXPECT_EQ(client.receive().code, 1013);
}

TEST_F(RawSocketTest, ADrainTellsWhatHasComeAndCloses) {
  place.start();
  WebSocketClient client = connect();
  send(client, bytes_of(test::noise(kRate, 1), media::Codec::pcm16));
  EXPECT_FALSE(until(client, "partial").empty());
  place.recognition->drain();
  EXPECT_FALSE(until(client, "final").empty());
  EXPECT_EQ(client.receive().code, 1001);
}

}  // namespace
}  // namespace parley::server
