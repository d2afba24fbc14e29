// SPDX-License-Identifier: Apache-2.0
//
// The routes behind a port of their own, and a LiveKit server that answers as the test says.
#include "server/rooms/room_routes.h"

#include <memory>
#include <string>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/room/access_token.h"
#include "tests/support/scripted_endpoint.h"
#include "tests/support/socket_client.h"

namespace parley::server {
namespace {

using test::HttpResult;
using testing_support::Peer;
using testing_support::ScriptedEndpoint;
namespace json = boost::json;

class RoomRoutesTest : public ::testing::Test, private transport::ListenerHandler {
 protected:
  RoomRoutesTest()
      : endpoint_([this](Peer& peer) {
          request_ = peer.read_request();
          peer.send("HTTP/1.1 " + status_ +
                    "\r\nContent-Length: " + std::to_string(answer_.size()) + "\r\n\r\n" + answer_);
        }) {
    settings_.url = endpoint_.url();
    settings_.public_url = "wss://livekit.example.org";
    settings_.key = "devkey";
    settings_.secret = "secret";
    settings_.agent_name = "parley";
    begin();
  }
  ~RoomRoutesTest() override { listener_->stop(Millis(0)); }

  void begin() {
    routes_ = std::make_unique<RoomRoutes>(settings_, *livekit_address(settings_), nullptr, clock_);
    auto listener = transport::Listener::start({}, *this, metrics_);
    listener_ = std::move(*listener);
  }
  HttpResult ask(std::string_view method, std::string_view path, std::string_view body = {}) {
    return test::http(listener_->port(), method, path, {}, body);
  }
  static json::object object(const HttpResult& result) {
    return json::parse(result.body).as_object();
  }
  static std::string error_code(const HttpResult& result) {
    return std::string(object(result).at("error").at("code").as_string());
  }
  /// The token in that field, if the secret is ours.
  static protocol::AccessToken token(const json::object& answer, const char* field) {
    const json::string& jwt = answer.at(field).as_string();
    const auto token = protocol::verify_access_token({jwt.data(), jwt.size()}, "secret",
                                                     SteadyClock().unix_seconds());
    EXPECT_TRUE(token) << token.error().message;
    return *token;
  }
  HttpResult dispatch(const std::string& status, const std::string& answer) {
    status_ = status;
    answer_ = answer;
    return ask("POST", "/v1/rooms/dispatch", R"({"room":"kitchen","metadata":"translator"})");
  }

  std::string status_ = "200 OK";
  std::string answer_;
  std::string request_;
  Config::Rooms settings_;
  ScriptedEndpoint endpoint_;
  SteadyClock clock_;
  Metrics metrics_;
  std::unique_ptr<RoomRoutes> routes_;
  std::unique_ptr<transport::Listener> listener_;

 private:
  void on_http(transport::HttpRequest request, transport::HttpReply reply) override {
    routes_->handle(request, std::move(reply));
  }
  transport::UpgradeDecision on_upgrade(const transport::HttpRequest& /*request*/) override {
    return transport::HttpResponse{.status = 404};
  }
};

TEST_F(RoomRoutesTest, AnEmptyRequestGetsARoomAndAnIdentity) {
  const HttpResult result = ask("POST", "/v1/rooms/token");
  ASSERT_EQ(result.status, 201) << result.body;
  EXPECT_EQ(result.header("Cache-Control"), "no-store");
  const json::object answer = object(result);
  EXPECT_EQ(answer.at("server_url").as_string(), "wss://livekit.example.org");
  const protocol::AccessToken ticket = token(answer, "participant_token");
  EXPECT_EQ(ticket.key, "devkey");
  EXPECT_TRUE(ticket.identity.starts_with("user-"));
  EXPECT_TRUE(ticket.video.room.starts_with("room-"));
  EXPECT_TRUE(ticket.video.can_join);
  EXPECT_FALSE(ticket.video.is_admin || ticket.video.is_worker || ticket.video.can_create);
  EXPECT_NE(object(ask("POST", "/v1/rooms/token")).at("participant_identity"),
            answer.at("participant_identity"));
}

TEST_F(RoomRoutesTest, ATokenHoldsWhatWasAskedFor) {
  const HttpResult result = ask(
      "POST", "/v1/rooms/token",
      R"({"room_name":"kitchen","participant_identity":"ann","participant_attributes":{"l":"de"},)"
      R"("room_config":{"agents":[{"metadata":"translator"}]}})");
  ASSERT_EQ(result.status, 201) << result.body;
  const protocol::AccessToken ticket = token(object(result), "participantToken");
  EXPECT_EQ(ticket.identity, "ann");
  EXPECT_EQ(ticket.name, "ann");
  EXPECT_EQ(ticket.video.room, "kitchen");
  EXPECT_EQ(ticket.attributes.at("l"), "de");
  ASSERT_EQ(ticket.agents.size(), 1U);
  EXPECT_EQ(ticket.agents[0].agent_name, "parley") << "our own workers'";
  EXPECT_EQ(ticket.agents[0].metadata, "translator");
}

TEST_F(RoomRoutesTest, FaultsNameTheirFieldAndPathsTheirMethods) {
  const HttpResult result = ask("POST", "/v1/rooms/token", R"({"room_name":7})");
  EXPECT_EQ(result.status, 400);
  EXPECT_EQ(object(result).at("error").at("param").as_string(), "room_name");
  EXPECT_EQ(ask("POST", "/v1/rooms/dispatch", "{}").status, 400);
  EXPECT_EQ(ask("GET", "/v1/rooms/token").status, 405);
  EXPECT_EQ(ask("POST", "/v1/rooms").status, 405);
  EXPECT_EQ(ask("GET", "/v1/rooms/elsewhere").status, 404);
}

TEST_F(RoomRoutesTest, AProcessWithoutAWorkerSaysSo) {
  const HttpResult result = ask("GET", "/v1/rooms");
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(object(result).at("state").as_string(), "off");
  EXPECT_EQ(object(result).at("agent_name").as_string(), "parley");
  EXPECT_EQ(result.body.find("secret"), std::string::npos);
}

TEST_F(RoomRoutesTest, AnAgentIsSentForAtLiveKit) {
  const HttpResult result = dispatch("200 OK", R"({"id":"AD_1","agent_name":"parley"})");
  ASSERT_EQ(result.status, 200) << result.body;
  EXPECT_EQ(object(result).at("id").as_string(), "AD_1");
  EXPECT_TRUE(
      request_.starts_with("POST /twirp/livekit.AgentDispatchService/CreateDispatch HTTP/1.1\r\n"));
  EXPECT_THAT(request_, testing::EndsWith(
                            R"({"agent_name":"parley","room":"kitchen","metadata":"translator"})"));
  const std::size_t begin = request_.find("Authorization: Bearer ") + 22;
  const auto ticket =
      protocol::verify_access_token(request_.substr(begin, request_.find("\r\n", begin) - begin),
                                    "secret", clock_.unix_seconds());
  ASSERT_TRUE(ticket);
  EXPECT_EQ(ticket->video.room, "kitchen");
  EXPECT_TRUE(ticket->video.is_admin);
}

TEST_F(RoomRoutesTest, WhatLiveKitRefusesIsToldClearly) {
  HttpResult result =
      dispatch("401 Unauthorized", R"({"code":"unauthenticated","msg":"permissions denied"})");
  EXPECT_EQ(result.status, 502);
  EXPECT_EQ(error_code(result), "livekit_denied");
  EXPECT_THAT(result.body, testing::HasSubstr("rooms.secret"));
  result = dispatch("400 Bad", R"({"code":"invalid_argument","msg":"room is missing"})");
  EXPECT_EQ(result.status, 400);
  EXPECT_EQ(error_code(result), "invalid_argument");
  result = dispatch("404 Not Found", "404 page not found");
  EXPECT_EQ(result.status, 502);
  EXPECT_EQ(error_code(result), "livekit_error");
  EXPECT_EQ(error_code(dispatch("200 OK", "<html>")), "livekit_error");
}

TEST_F(RoomRoutesTest, ALiveKitThatIsAwayIsUnavailable) {
  listener_->stop(Millis(0));
  settings_.url = "ws://127.0.0.1:1";
  begin();
  const HttpResult result = dispatch("", "");
  EXPECT_EQ(result.status, 503);
  EXPECT_EQ(error_code(result), "livekit_unavailable");
}

}  // namespace
}  // namespace parley::server
