// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/worker_report.h"

#include <string>

#include <gtest/gtest.h>

namespace parley::server {
namespace {

service::WorkerReport busy() {
  service::WorkerReport report;
  report.state = service::WorkerReport::State::registered;
  report.worker_id = "AW_1";
  report.server_version = "1.9.12";
  report.jobs = 1;
  report.load = 0.5;
  report.rooms = {{"AJ_1", "kitchen"}};
  return report;
}

Config::Rooms settings() {
  Config::Rooms rooms;
  rooms.url = "ws://x";
  rooms.agent_name = "parley";
  rooms.type = "publisher";
  return rooms;
}

TEST(WorkerReport, SaysWhereTheAgentsAre) {
  const service::WorkerReport report = busy();
  EXPECT_EQ(rooms_json(settings(), &report),
            R"({"object":"room.worker","url":"ws://x","agent_name":"parley","agent":"assistant",)"
            R"("type":"publisher","state":"registered","worker_id":"AW_1",)"
            R"("livekit_version":"1.9.12","load":0.5,"is_full":false,"jobs_max":100,)"
            R"("trouble":null,"jobs":[{"id":"AJ_1","room":"kitchen"}]})");
}

TEST(WorkerReport, IsToldAsLiveKitsOwnWorkersDo) {
  const service::WorkerReport report = busy();
  EXPECT_EQ(sdk_worker_json(settings(), report),
            R"({"agent_name":"parley","worker_type":"JT_PUBLISHER","active_jobs":1,)"
            R"("sdk_version":"parley","worker_load":0.5,"protocol_version":1,)"
            R"("state":"registered","worker_id":"AW_1","trouble":null})");
}

TEST(WorkerReport, IsWellWhileItIsRegistered) {
  service::WorkerReport report = busy();
  EXPECT_TRUE(worker_health(report).is_well);
  EXPECT_EQ(worker_health(report).body, R"({"status":"ok","jobs":1,"load":0.5})");
  report.state = service::WorkerReport::State::waiting;
  report.trouble = "LiveKit cannot be reached";
  EXPECT_FALSE(worker_health(report).is_well);
  EXPECT_EQ(worker_health(report).body,
            R"({"status":"waiting","jobs":1,"load":0.5,"rooms":"LiveKit cannot be reached"})");
}

}  // namespace
}  // namespace parley::server
