// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/livekit_address.h"

#include <string>

#include <gtest/gtest.h>

#include "protocol/room/access_token.h"

namespace parley::server {
namespace {

Config::Rooms settings(const std::string& url, const std::string& public_url = {}) {
  Config::Rooms rooms;
  rooms.url = url;
  rooms.public_url = public_url;
  rooms.key = "devkey";
  rooms.secret = "secret";
  return rooms;
}

std::string fault(const Config::Rooms& rooms) {
  const auto address = livekit_address(rooms);
  return address ? "none" : address.error().message;
}

TEST(LiveKitAddress, IsTakenWithTheSchemeOfSocketsAndOfHttp) {
  for (const std::string url : {"ws://livekit:7880", "http://livekit:7880/"}) {
    const auto address = livekit_address(settings(url));
    ASSERT_TRUE(address) << url;
    EXPECT_TRUE(address->room_url.starts_with("ws://livekit:7880"));
    EXPECT_EQ(address->at("/agent").origin(), "http://livekit:7880");
    EXPECT_EQ(address->at("/agent").path, "/agent");
  }
  const auto below = livekit_address(settings("https://x.org/rtc/", "wss://y.org"));
  ASSERT_TRUE(below);
  EXPECT_EQ(below->room_url, "wss://x.org/rtc/");
  EXPECT_EQ(below->public_url, "wss://y.org");
  EXPECT_TRUE(below->at("/agent").is_tls);
  EXPECT_EQ(below->at("/agent").path, "/rtc/agent");
}

TEST(LiveKitAddress, FaultsNameTheSetting) {
  EXPECT_EQ(fault(settings("livekit:7880")),
            "rooms.url: 'livekit:7880' is no address such as ws://127.0.0.1:7880");
  EXPECT_TRUE(fault(settings("ws://x", "x y")).starts_with("rooms.public_url: "));
  Config::Rooms rooms = settings("ws://x");
  rooms.key.clear();
  EXPECT_TRUE(fault(rooms).starts_with("rooms.key: "));
  rooms.key = "devkey";
  rooms.secret.clear();
  EXPECT_TRUE(fault(rooms).starts_with("rooms.secret: "));
}

TEST(LiveKitAddress, ShowsWhatAGrantAllowsForAWhile) {
  const auto address = livekit_address(settings("ws://x"));
  const std::string bearer =
      address->authorization({.room = "r", .is_admin = true}, 1000, std::chrono::seconds(60));
  ASSERT_TRUE(bearer.starts_with("Bearer "));
  const auto token = protocol::verify_access_token(bearer.substr(7), "secret", 1000);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->key, "devkey");
  EXPECT_EQ(token->expires_at, 1060);
  EXPECT_TRUE(token->video.is_admin);
  EXPECT_FALSE(token->video.can_join);
}

}  // namespace
}  // namespace parley::server
