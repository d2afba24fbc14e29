// SPDX-License-Identifier: Apache-2.0
#include "server/xiaozhi/xiaozhi_route.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/speech_server.h"

namespace parley::server {
namespace {

using test::http;
using test::HttpResult;
using test::WebSocketClient;
namespace json = boost::json;

constexpr const char* kOta = "/xiaozhi/ota/";
constexpr const char* kSocket = "/xiaozhi/v1/";

json::object object_of(const HttpResult& result) { return json::parse(result.body).as_object(); }

class XiaozhiRouteTest : public ::testing::Test {
 protected:
  test::SpeechServer place;
};

TEST_F(XiaozhiRouteTest, ADeviceLearnsWhereToTalk) {
  place.start();
  const std::string host = "127.0.0.1:" + std::to_string(place.port());
  const HttpResult answer = http(
      place.port(), "POST", kOta,
      {{"Host", host}, {"Device-Id", "aa:bb:cc:dd:ee:ff"}, {"Content-Type", "application/json"}},
      R"({"version":2,"application":{"name":"xiaozhi","version":"2.0.1"}})");
  ASSERT_EQ(answer.status, 200);
  const json::object told = object_of(answer);
  const json::object& socket = told.at("websocket").as_object();
  EXPECT_EQ(test::text_of(socket, "url"), "ws://" + host + kSocket);
  EXPECT_EQ(socket.at("token"), "");
  EXPECT_EQ(socket.at("version"), 1);
  EXPECT_EQ(told.at("firmware").at("version"), "2.0.1");
  EXPECT_EQ(told.at("firmware").at("url"), "");
  EXPECT_GT(told.at("server_time").at("timestamp").as_int64(), 1'700'000'000'000);
  EXPECT_FALSE(told.contains("activation") || told.contains("mqtt"));

  const HttpResult plain = http(place.port(), "GET", "/xiaozhi/ota?version=3",
                                {{"X-Forwarded-Proto", "https"}, {"Host", "localhost:8080"}});
  ASSERT_EQ(plain.status, 200);
  EXPECT_EQ(object_of(plain).at("websocket").at("url"), "wss://localhost:8080/xiaozhi/v1/");
  EXPECT_EQ(object_of(plain).at("websocket").at("version"), 3);
  EXPECT_FALSE(object_of(plain).contains("firmware"));
}

TEST_F(XiaozhiRouteTest, BrokenReportsAreAnsweredAllTheSame) {
  place.start();
  EXPECT_EQ(http(place.port(), "POST", kOta, {}, R"({"display":})").status, 200);
  EXPECT_EQ(http(place.port(), "POST", "/xiaozhi/ota/activate", {}, "{}").body, "{}");
  EXPECT_EQ(http(place.port(), "PUT", kOta).status, 405);
  EXPECT_EQ(http(place.port(), "GET", kSocket).status, 426);
}

TEST_F(XiaozhiRouteTest, TheGateOfTheAddressIsTheSocketsAndIsLookedAt) {
  place.config.speakers.model = "ge2e";
  place.config.speakers.key = std::string(64, 'a');
  place.config.store.path = "";
  place.start();
  const HttpResult answer = http(place.port(), "POST", "/xiaozhi/ota/?gate=enrolled", {}, "{}");
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(object_of(answer).at("websocket").at("url"),
            "ws://127.0.0.1/xiaozhi/v1/?gate=enrolled");
  const HttpResult wrong = http(place.port(), "POST", "/xiaozhi/ota/?gate=shut", {}, "{}");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_NE(wrong.body.find("gate = 'shut': expected"), std::string::npos) << wrong.body;
  EXPECT_EQ(WebSocketClient(place.port(), "/xiaozhi/v1/?gate=enrolled").answer().status, 101);
  EXPECT_EQ(WebSocketClient(place.port(), "/xiaozhi/v1/?gate=shut").answer().status, 400);
}

TEST_F(XiaozhiRouteTest, AGateNeedsAModelOfSpeakers) {
  place.start();
  EXPECT_EQ(http(place.port(), "POST", "/xiaozhi/ota/?gate=off", {}, "{}").status, 200);
  EXPECT_EQ(http(place.port(), "POST", "/xiaozhi/ota/?gate=enrolled", {}, "{}").status, 400);
}

TEST_F(XiaozhiRouteTest, TheKeyOfTheAddressIsTheTokenOfTheSocket) {
  place.config.server.api_keys = {"sesame"};
  place.start();
  EXPECT_EQ(http(place.port(), "POST", kOta, {}, "{}").status, 401);
  EXPECT_EQ(http(place.port(), "POST", "/xiaozhi/ota/?key=open", {}, "{}").status, 401);
  const HttpResult answer = http(place.port(), "POST", "/xiaozhi/ota/?key=sesame", {}, "{}");
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(object_of(answer).at("websocket").at("token"), "sesame");
  // Any name that devices know it by: only open servers ask who asks.
  const HttpResult named =
      http(place.port(), "POST", "/xiaozhi/ota/?key=sesame", {{"Host", "voice.example:80"}}, "{}");
  EXPECT_EQ(object_of(named).at("websocket").at("url"), "ws://voice.example:80/xiaozhi/v1/");
  EXPECT_EQ(
      http(place.port(), "POST", "/xiaozhi/ota/?key=sesame", {{"Host", "a/b\"c"}}, "{}").status,
      400);

  EXPECT_EQ(WebSocketClient(place.port(), kSocket).answer().status, 401);
  for (const auto& [target, headers] : std::vector<std::pair<std::string, test::Headers>>{
           {kSocket, {{"Authorization", "Bearer sesame"}}},
           {"/xiaozhi/v1/?device-id=aa&client-id=b&authorization=Bearer%20sesame", {}},
           {"/xiaozhi/v1?authorization=sesame", {}}}) {
    WebSocketClient client(place.port(), target, headers);
    EXPECT_EQ(client.answer().status, 101) << target;
  }
}

}  // namespace
}  // namespace parley::server
