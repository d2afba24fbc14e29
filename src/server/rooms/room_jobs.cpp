// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/room_jobs.h"

#include <utility>

namespace parley::server {
namespace {

/// Stands here until agents join rooms: each job ends with an error that LiveKit shows.
class NoAgents final : public service::JobRunner {
 public:
  void start(service::JobAssignment /*assignment*/, std::function<void(Status)> done) override {
    done(Error{ErrorCode::failed_precondition, "no agents in this build"});
  }
  void terminate(const std::string& /*job_id*/) override {}
  void drain() override {}
  [[nodiscard]] double load() const override { return 0.0; }
};

}  // namespace

Result<std::unique_ptr<service::JobRunner>> make_room_jobs(const RoomJobsAround& /*around*/) {
  return std::unique_ptr<service::JobRunner>(std::make_unique<NoAgents>());
}

}  // namespace parley::server
