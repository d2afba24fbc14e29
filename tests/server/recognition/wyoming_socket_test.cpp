// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/wyoming_socket.h"

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "server/recognition/wyoming_port.h"
#include "tests/support/protocol_port.h"

namespace parley::server {
namespace {

using protocol::wyoming_event;
using test::text_of;
namespace json = boost::json;

struct Event {
  std::string type;  // empty: the connection has ended
  json::object data;
  std::string payload;
};

class WyomingSocketTest : public ::testing::Test {
 protected:
  WyomingSocketTest() { place.config.ports.wyoming = 0; }

  [[nodiscard]] test::Socket connect() const {
    return test::Socket(test::protocol_port(*place.server, "Wyoming"));
  }
  static Event receive(test::Socket& socket) {
    const auto line = socket.receive_until("\n");
    if (!line) return {};
    const json::object head = json::parse(*line).as_object();
    const auto length = [&](const char* name) -> std::size_t {
      return head.contains(name) ? head.at(name).to_number<std::size_t>() : 0;
    };
    Event event{.type = text_of(head, "type"), .data = {}, .payload = {}};
    if (length("data_length") > 0) {
      event.data = json::parse(*socket.receive_exactly(length("data_length"))).as_object();
    }
    if (length("payload_length") > 0) {
      event.payload = *socket.receive_exactly(length("payload_length"));
    }
    return event;
  }
  static Event until(test::Socket& socket, std::string_view type) {
    for (;;) {
      Event event = receive(socket);
      if (event.type.empty() || event.type == type) return event;
    }
  }
  /// A round: its start, its sound in chunks, its stop.
  static void say(test::Socket& socket, const std::vector<float>& samples, int channels = 1,
                  bool starts = true) {
    const std::string format =
        R"({"rate":16000,"width":2,"channels":)" + std::to_string(channels) + "}";
    std::vector<float> all;
    for (const float sample : samples) {
      for (int i = 0; i < channels; ++i) all.push_back(sample);
    }
    const std::string bytes = test::s16_bytes(all);
    if (starts) socket.send(wyoming_event("audio-start", format));
    for (std::size_t at = 0; at < bytes.size(); at += 2048) {
      socket.send(wyoming_event("audio-chunk", format, bytes.substr(at, 2048)));
    }
    socket.send(wyoming_event("audio-stop", R"({"timestamp":null})"));
  }

  test::SpeechServer place;
};

TEST_F(WyomingSocketTest, ItSaysWhatItCanDo) {
  place.start();
  test::Socket socket = connect();
  socket.send(wyoming_event("describe", ""));
  const Event info = receive(socket);
  EXPECT_EQ(info.type, "info");
  for (const char* kind : {"asr", "tts", "wake"}) {
    EXPECT_EQ(info.data.at(kind).as_array().size(), 1U) << kind;
  }
  socket.send(wyoming_event("ping", R"({"text":"a"})"));
  EXPECT_EQ(text_of(receive(socket).data, "text"), "a");
  socket.send(wyoming_event("run-satellite", ""));  // nothing to us
  socket.send("{\"type\":\"ping\"}\n");
  EXPECT_EQ(receive(socket).type, "pong");
}

TEST_F(WyomingSocketTest, EveryRoundHasATranscript) {
  place.start();
  test::Socket socket = connect();
  socket.send(wyoming_event("transcribe", R"({"language":"en-US"})"));
  say(socket, test::noise(32'000, 1));
  EXPECT_EQ(receive(socket).type, "transcript-start");
  EXPECT_EQ(text_of(receive(socket).data, "text"), "heard 2.1 seconds");
  const Event transcript = receive(socket);
  EXPECT_EQ(transcript.type, "transcript");
  EXPECT_EQ(text_of(transcript.data, "text"), "heard 2.1 seconds");
  EXPECT_EQ(text_of(transcript.data, "language"), "en");
  EXPECT_EQ(receive(socket).type, "transcript-stop");
  // Two more without a word between them; the second has two channels, and no start.
  say(socket, test::noise(32'000, 1));
  say(socket, test::noise(32'000, 1), 2, false);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(text_of(until(socket, "transcript").data, "text"), "heard 2.1 seconds");
  }
  EXPECT_EQ(receive(socket).type, "transcript-stop");
  socket.send(wyoming_event("audio-stop", ""));
  EXPECT_EQ(text_of(until(socket, "transcript").data, "text"), "");
}

TEST_F(WyomingSocketTest, TextIsSpoken) {
  place.start();
  test::Socket socket = connect();
  socket.send(wyoming_event("synthesize", R"({"text":"Good morning."})"));
  socket.send(wyoming_event("synthesize-start", R"({"voice":{"name":"joe"}})"));
  socket.send(wyoming_event("synthesize-chunk", R"({"text":"Good "})"));
  socket.send(wyoming_event("synthesize-chunk", R"({"text":"morning."})"));
  socket.send(wyoming_event("synthesize", R"({"text":"Good morning."})"));
  socket.send(wyoming_event("synthesize-stop", ""));
  std::vector<std::size_t> lengths;
  for (int i = 0; i < 2; ++i) {
    const Event start = receive(socket);
    EXPECT_EQ(start.type, "audio-start");
    EXPECT_EQ(start.data.at("width"), 2);
    std::size_t bytes = 0;
    Event event = receive(socket);
    for (; event.type == "audio-chunk"; event = receive(socket)) bytes += event.payload.size();
    EXPECT_EQ(event.type, "audio-stop");
    EXPECT_GT(bytes, 1000U);
    lengths.push_back(bytes);
  }
  EXPECT_EQ(lengths[0], lengths[1]);
  EXPECT_EQ(receive(socket).type, "synthesize-stopped");
}

TEST_F(WyomingSocketTest, APhraseWakes) {
  place.start();
  test::Socket socket = connect();
  socket.send(wyoming_event("detect", R"({"names":["nobody","heard"]})"));
  say(socket, test::noise(32'000, 1));
  const Event detection = receive(socket);
  EXPECT_EQ(detection.type, "detection");
  EXPECT_EQ(text_of(detection.data, "name"), "heard");
  socket.send(wyoming_event("detect", R"({"names":null})"));
  say(socket, test::noise(32'000, 1));
  EXPECT_EQ(receive(socket).type, "not-detected");
}

TEST_F(WyomingSocketTest, MistakesAreTold) {
  place.start();
  test::Socket socket = connect();
  socket.send(wyoming_event("audio-start", R"({"rate":7})"));
  EXPECT_EQ(receive(socket).type, "error");
  socket.send("{\"type\":\"ping\"}\n");
  EXPECT_EQ(receive(socket).type, "pong");
  socket.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(receive(socket).type, "error");
  EXPECT_EQ(receive(socket).type, "");
  test::Socket talker = connect();
  talker.send(wyoming_event("synthesize", R"({"text":")" + std::string(60'000, 'a') + R"("})"));
  EXPECT_EQ(receive(talker).type, "error");
  EXPECT_EQ(receive(talker).type, "");
}

TEST_F(WyomingSocketTest, WhereThereAreKeysThePortHasOne) {
  place.config.server.api_keys = {"sesame"};
  place.start();
  test::Socket socket = connect();
  EXPECT_EQ(text_of(receive(socket).data, "code"), "invalid_api_key");
  EXPECT_EQ(receive(socket).type, "");
}

TEST_F(WyomingSocketTest, WhoeverReachesThePortHasItsKey) {
  place.config.server.api_keys = {"sesame"};
  place.config.ports.wyoming_key = "sesame";
  place.start();
  test::Socket socket = connect();
  say(socket, test::noise(32'000, 1));
  EXPECT_EQ(text_of(until(socket, "transcript").data, "text"), "heard 2.1 seconds");
}

}  // namespace
}  // namespace parley::server
