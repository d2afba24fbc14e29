// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/rooms.h"

#include <chrono>
#include <functional>
#include <utility>

#include "base/random.h"
#include "service/dispatch/entry_jobs.h"
#include "store/redis/redis_leases.h"

namespace parley::server {
namespace {

protocol::Job::Kind kind_of(const std::string& type) {
  if (type == "publisher") return protocol::Job::Kind::publisher;
  return type == "participant" ? protocol::Job::Kind::participant : protocol::Job::Kind::room;
}

service::AgentWorkerOptions worker_options(const Config& config, const LiveKitAddress& address) {
  return {.url = address.room_url,
          .agent_name = config.rooms.agent_name,
          .version = PARLEY_VERSION,
          .kind = kind_of(config.rooms.type),
          .jobs_max = static_cast<std::size_t>(config.rooms.jobs_max),
          .load_max = config.rooms.load_max,
          .drain_max = std::chrono::seconds(config.server.drain_seconds)};
}

/// Beyond its own time, for a thread that has much to do.
constexpr Millis kOver{2'000};

}  // namespace

Result<std::unique_ptr<Rooms>> Rooms::make(const Config& config, Engine& engine, Metrics& metrics,
                                           bool with_worker, service::Keeping keeping,
                                           service::EntryPoint entry) {
  std::unique_ptr<Rooms> rooms;
  if (config.rooms.url.empty()) return rooms;
  PARLEY_TRY(LiveKitAddress address, livekit_address(config.rooms));
  rooms.reset(new Rooms(std::chrono::seconds(config.server.drain_seconds)));
  if (with_worker) {
    PARLEY_TRY_STATUS(
        rooms->make_jobs({config, engine, metrics, keeping}, address, std::move(entry)));
    service::JobRunner& runner = rooms->leased_ != nullptr
                                     ? static_cast<service::JobRunner&>(*rooms->leased_)
                                     : *rooms->jobs_;
    rooms->worker_ = std::make_unique<WorkerSocket>(address, worker_options(config, address),
                                                    runner, engine.clock(), metrics);
  }
  rooms->routes_ = std::make_unique<RoomRoutes>(config.rooms, std::move(address),
                                                rooms->worker_.get(), engine.clock());
  return rooms;
}

Status Rooms::make_jobs(const RoomJobsAround& around, const LiveKitAddress& address,
                        service::EntryPoint entry) {
  PARLEY_TRY(std::unique_ptr<service::RoomAgents> agents, make_room_jobs(around));
  if (entry.entrypoint) {
    auto jobs =
        std::make_unique<service::EntryJobs>(std::move(entry), std::move(agents), around.metrics);
    PARLEY_TRY_STATUS(jobs->prewarm());
    jobs_ = std::move(jobs);
  } else {
    jobs_ = std::move(agents);
  }
  const Config& config = around.config;
  if (config.store.url.empty() || config.rooms.lease_seconds == 0) return {};
  PARLEY_TRY(std::unique_ptr<store::LeaseBackend> leases,
             store::RedisLeases::open({.url = config.store.url}, around.engine.clock()));
  leased_ = std::make_unique<LeasedJobs>(
      *jobs_, std::move(leases),
      LeasedJobs::Options{.address = address,
                          .leases = {.holder = Random(entropy_seed()).id("worker_"),
                                     .life = std::chrono::seconds(config.rooms.lease_seconds)},
                          .jobs_max = static_cast<std::size_t>(config.rooms.jobs_max),
                          .agent_name = config.rooms.agent_name,
                          .drain_max = drain_max_},
      around.engine.clock(), around.metrics);
  return {};
}

Rooms::~Rooms() {
  // It asks the worker, which goes first.
  if (leased_ != nullptr) leased_->stop();
  routes_.reset();
  worker_.reset();
  jobs_.reset();  // what ends now tells its lease
}

void Rooms::start() {
  if (worker_ == nullptr) return;
  worker_->start();
  if (leased_ == nullptr) return;
  leased_->serve({.report = [this] { return worker_->report(); },
                  .adopt =
                      [this](service::JobAssignment assignment, std::function<void()> refused) {
                        worker_->adopt(std::move(assignment), std::move(refused));
                      }});
}

void Rooms::drain() {
  if (worker_ != nullptr) worker_->drain();
}

void Rooms::finish() {
  if (worker_ == nullptr) return;
  // It ends by itself, and says what it cut off.
  static_cast<void>(worker_->wait_until_over(drain_max_ + kOver));
  worker_->stop();
}

std::optional<std::string> Rooms::trouble() const {
  return worker_ == nullptr ? std::nullopt : worker_->trouble();
}

}  // namespace parley::server
