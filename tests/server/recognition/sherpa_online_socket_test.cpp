// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/sherpa_online_socket.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "server/recognition/listening_socket.h"
#include "tests/support/protocol_port.h"

namespace parley::server {
namespace {

using test::object_of;
using test::text_of;
using test::WebSocketClient;
namespace json = boost::json;

class SherpaOnlineSocketTest : public ::testing::Test {
 protected:
  SherpaOnlineSocketTest() { place.config.ports.sherpa_online = 0; }

  [[nodiscard]] WebSocketClient connect() const {
    return {test::protocol_port(*place.server, "sherpa-onnx streaming"), "/"};
  }

  test::SpeechServer place;
};

TEST_F(SherpaOnlineSocketTest, ResultsGrowAndTheLastOnesAreSaidToBe) {
  place.start();
  WebSocketClient client = connect();
  test::send_in_pieces(client, test::f32_bytes(test::noise(32'000, 1)), 31'999);
  const json::object partial = object_of(client.receive());
  EXPECT_EQ(partial.at("segment"), 0);
  EXPECT_FALSE(partial.at("is_final").as_bool());
  EXPECT_TRUE(text_of(partial, "text").starts_with("heard "));
  client.send_binary(test::f32_bytes(test::silence(16'000)));
  test::send_in_pieces(client, test::f32_bytes(test::noise(32'000, 2)), 31'999);
  client.send_text("hello");  // means nothing
  client.send_text("Done");
  std::vector<json::object> finals;
  for (;;) {
    const auto received = client.receive();
    if (received.data == "Done!") break;
    const json::object result = object_of(received);
    ASSERT_FALSE(result.empty());
    EXPECT_EQ(result.at("segment").to_number<std::size_t>(), finals.size());
    if (result.at("is_final").as_bool()) finals.push_back(result);
  }
  ASSERT_EQ(finals.size(), 2U);
  EXPECT_FALSE(finals[0].at("is_eof").as_bool());
  EXPECT_TRUE(finals[1].at("is_eof").as_bool());
  EXPECT_TRUE(text_of(finals[0], "text").starts_with("heard "));
  EXPECT_EQ(finals[1].at("tokens").as_array().size(), 3U);
  EXPECT_EQ(finals[1].at("timestamps").as_array().size(), 3U);
  EXPECT_NEAR(finals[1].at("start_time").to_number<double>(), 3.0, 0.3);
}

TEST_F(SherpaOnlineSocketTest, AMessageMayBeLongerThanWhatWaits) {
  place.start();
  WebSocketClient client = connect();
  client.send_binary(test::f32_bytes(test::silence(40 * 16'000)));
  client.send_binary("cut");  // less than a sample
  client.send_text("Done");
  EXPECT_EQ(client.receive().data, "Done!");
}

TEST_F(SherpaOnlineSocketTest, WhoIsOneTooManyIsToldToComeAgain) {
  place.config.limits.recognition_streams = 1;
  place.start();
  WebSocketClient first = connect();
  while (place.recognition->streams() == 0) std::this_thread::yield();
  const WebSocketClient second = connect();
  EXPECT_EQ(second.answer().status, 503);
  EXPECT_EQ(second.answer().header("Retry-After"), "2");
  WebSocketClient page(test::protocol_port(*place.server, "sherpa-onnx streaming"), "/",
                       {{"Origin", "http://127.0.0.1"}});
  const auto refused = page.receive();
  EXPECT_EQ(refused.code, 1013);
  EXPECT_NE(refused.data.find("try again in 2 s"), std::string::npos) << refused.data;
}

}  // namespace
}  // namespace parley::server
