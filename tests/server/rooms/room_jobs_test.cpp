// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/room_jobs.h"

#include <optional>

#include <gtest/gtest.h>

namespace parley::server {
namespace {

TEST(RoomJobs, EachJobEndsWithAReason) {
  Config config;
  config.models.fake = true;
  Metrics metrics;
  const auto engine = Engine::load(config, metrics, [](std::string_view) {});
  ASSERT_TRUE(engine);
  const auto jobs = make_room_jobs({config, **engine, metrics});
  ASSERT_TRUE(jobs);
  std::optional<Status> ended;
  (*jobs)->start({}, [&](Status status) { ended = std::move(status); });
  ASSERT_TRUE(ended && !*ended);
  EXPECT_EQ(ended->error().message, "no agents in this build");
  EXPECT_EQ((*jobs)->load(), 0.0);
}

}  // namespace
}  // namespace parley::server
