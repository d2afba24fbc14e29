// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/worker_port.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/socket_client.h"

namespace parley::server {
namespace {

class NoJobs final : public service::JobRunner {
 public:
  void start(service::JobAssignment /*assignment*/, std::function<void(Status)> done) override {
    done({});
  }
  void terminate(const std::string& /*job_id*/) override {}
  void drain() override {}
  [[nodiscard]] double load() const override { return 0.0; }
};

TEST(WorkerPort, TellsWhoeverWatches) {
  Config config;
  config.rooms.port = 0;
  config.rooms.url = "ws://127.0.0.1:1";  // nobody is there
  config.rooms.key = config.rooms.secret = "x";
  Metrics metrics;
  const auto port = WorkerPort::start(config, metrics);
  ASSERT_TRUE(port) << port.error().message;
  const std::string url = (*port)->url();
  const auto number = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  EXPECT_EQ(test::http(number, "GET", "/healthz").status, 503) << "models are being loaded";
  EXPECT_NE(test::http(number, "GET", "/").body.find("starting"), std::string::npos);
  const SteadyClock clock;
  NoJobs jobs;
  WorkerSocket worker(*livekit_address(config.rooms), {.url = config.rooms.url}, jobs, clock,
                      metrics);
  (*port)->serve(worker);
  EXPECT_EQ(test::http(number, "GET", "/healthz").status, 503);
  const auto what = test::http(number, "GET", "/worker");
  EXPECT_EQ(what.status, 200);
  EXPECT_NE(what.body.find("\"worker_type\":\"JT_ROOM\""), std::string::npos);
  EXPECT_NE(test::http(number, "GET", "/metrics").body.find("parley_room_worker_connected 0"),
            std::string::npos);
  EXPECT_EQ(test::http(number, "POST", "/worker").status, 405);
  EXPECT_EQ(test::http(number, "GET", "/v1/models").status, 404);
  config.rooms.port = number;
  const auto second = WorkerPort::start(config, metrics);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("--port"), std::string::npos);
  (*port)->stop();
}

}  // namespace
}  // namespace parley::server
