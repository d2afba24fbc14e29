// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/sherpa_offline_socket.h"

#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/protocol_port.h"

namespace parley::server {
namespace {

using test::object_of;
using test::text_of;
using test::WebSocketClient;
namespace json = boost::json;

class SherpaOfflineSocketTest : public ::testing::Test {
 protected:
  SherpaOfflineSocketTest() { place.config.ports.sherpa_offline = 0; }

  [[nodiscard]] WebSocketClient connect() const {
    return {test::protocol_port(*place.server, "sherpa-onnx offline"), "/"};
  }
  static std::string recording(const std::vector<float>& samples, std::int32_t rate = 16'000) {
    const std::string floats = test::f32_bytes(samples);
    std::string bytes(8, '\0');
    const auto size = static_cast<std::int32_t>(floats.size());
    std::memcpy(bytes.data(), &rate, 4);
    std::memcpy(bytes.data() + 4, &size, 4);
    return bytes + floats;
  }

  test::SpeechServer place;
};

TEST_F(SherpaOfflineSocketTest, EveryRecordingHasOneAnswer) {
  place.start();
  WebSocketClient client = connect();
  for (const int rate : {16'000, 8'000}) {
    const auto samples = test::noise(static_cast<std::size_t>(2 * rate), 1);
    test::send_in_pieces(client, recording(samples, rate), 10'240);
    const json::object answer = object_of(client.receive());
    EXPECT_TRUE(text_of(answer, "text").starts_with("heard 2.")) << rate;
    EXPECT_EQ(answer.at("tokens").as_array().size(), 3U);
    EXPECT_EQ(answer.at("timestamps").as_array().size(), 3U);
  }
  client.send_text("Done");
  EXPECT_EQ(client.receive().code, 1000);
}

TEST_F(SherpaOfflineSocketTest, TheNextMayComeBeforeTheAnswer) {
  place.start();
  WebSocketClient client = connect();
  for (int i = 0; i < 3; ++i) client.send_binary(recording(test::noise(32'000, 1)));
  client.send_binary(recording({}));
  client.send_text("Done");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(text_of(object_of(client.receive()), "text"), "heard 2.1 seconds");
  }
  EXPECT_EQ(text_of(object_of(client.receive()), "text"), "");
  EXPECT_EQ(client.receive().code, 1000);
}

TEST_F(SherpaOfflineSocketTest, WhatIsNoRecordingCloses) {
  place.start();
  const std::vector<std::string> wrong{"short", recording({}, 7),
                                       recording(test::silence(10)) + "and more"};
  for (const std::string& bytes : wrong) {
    WebSocketClient client = connect();
    client.send_binary(bytes);
    EXPECT_EQ(client.receive().code, 1008);
  }
  WebSocketClient client = connect();
  client.send_text("hello");
  EXPECT_EQ(client.receive().code, 1008);
}

}  // namespace
}  // namespace parley::server
