// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/rooms.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace parley::server {
namespace {

struct RoomsTest : ::testing::Test {
  RoomsTest() {
    config.models.fake = true;
    config.rooms.url = "ws://127.0.0.1:1";  // nobody is there
    config.rooms.key = config.rooms.secret = "x";
    auto loaded = Engine::load(config, metrics, [](std::string_view) {});
    engine = std::move(*loaded);
  }
  Result<std::unique_ptr<Rooms>> make(bool with_worker) {
    return Rooms::make(config, *engine, metrics, with_worker);
  }

  Config config;
  Metrics metrics;
  std::unique_ptr<Engine> engine;
};

TEST_F(RoomsTest, WithoutAnAddressThereAreNone) {
  config.rooms.url.clear();
  const auto rooms = make(true);
  ASSERT_TRUE(rooms);
  EXPECT_EQ(*rooms, nullptr);
}

TEST_F(RoomsTest, AnAddressThatIsNoneIsAnError) {
  config.rooms.secret.clear();
  const auto rooms = make(true);
  ASSERT_FALSE(rooms);
  EXPECT_TRUE(rooms.error().message.starts_with("rooms.secret"));
}

TEST_F(RoomsTest, ThereMayBeRoutesWithoutAWorker) {
  const auto rooms = make(false);
  ASSERT_TRUE(rooms);
  EXPECT_EQ((*rooms)->worker(), nullptr);
  (*rooms)->start();
  (*rooms)->drain();
  (*rooms)->finish();
  EXPECT_EQ((*rooms)->trouble(), std::nullopt);
}

}  // namespace
}  // namespace parley::server
