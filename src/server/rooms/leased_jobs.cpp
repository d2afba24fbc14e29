// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/leased_jobs.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "base/log.h"
#include "protocol/room/access_token.h"
#include "protocol/room/room_list.h"

namespace parley::server {
namespace {

using protocol::KeptJob;
using service::JobAssignment;
using transport::HttpAnswer;

/// LiveKit waits for other nodes of its own; all of it.
constexpr Millis kRoomAskTimeout{3'000};
constexpr std::chrono::seconds kAskTokenLife{60};
/// To enter the room with; LiveKit renews it for who is inside.
constexpr std::int64_t kJoinTokenLife = 600;
/// Beyond a predecessor's own time.
constexpr Millis kPredecessorOver{2'000};

}  // namespace

LeasedJobs::LeasedJobs(service::JobRunner& jobs, std::unique_ptr<store::LeaseBackend> backend,
                       Options options, const Clock& clock, Metrics& metrics,
                       transport::Poster poster)
    : jobs_(jobs),
      backend_(std::move(backend)),
      options_(std::move(options)),
      clock_(clock),
      http_(transport::HttpClientOptions{}),
      poster_(poster ? std::move(poster)
                     : [this](transport::HttpPost post,
                              transport::HttpPostDone
                                  done) { http_post(http_, std::move(post), std::move(done)); }),
      leases_(options_.leases, *backend_, *this, metrics) {}

LeasedJobs::~LeasedJobs() { stop(); }

void LeasedJobs::serve(Worker worker) {
  worker_ = std::move(worker);
  exec::Waitable& self = *this;
  thread_ = std::make_unique<exec::WaitThread>("parley-leases", self, exec::Waker());
}

void LeasedJobs::stop() {
  if (thread_ == nullptr) return;
  thread_.reset();
  http_.stop();
  run_commands();
}

// --- the runner ----------------------------------------------------------------------------------

void LeasedJobs::start(JobAssignment assignment, std::function<void(Status)> done) {
  const std::string id = assignment.job.id;
  if (assignment.takes_over) {
    post([this, id] { coming_.erase(id); });
  } else {
    // As AgentWorker answered LiveKit.
    KeptJob kept{.job = assignment.job, .identity = "agent-" + id, .name = name_of(assignment.job)};
    if (kept.name.empty()) kept.name = options_.agent_name;
    post([this, kept = std::move(kept)] { leases_.begin(kept, clock_.now()); });
  }
  jobs_.start(std::move(assignment), [this, id, done = std::move(done)](Status status) {
    post([this, id] { leases_.end(id); });
    done(std::move(status));
  });
}

void LeasedJobs::drain() {
  post([this] { leases_.offer_all(clock_.now()); });
}

void LeasedJobs::leave(const std::string& job_id, const std::string& successor) {
  log::info("an agent leaves its room", {{"job", job_id}, {"successor", successor}});
  jobs_.leave(job_id, successor);
}

// --- the thread ----------------------------------------------------------------------------------

void LeasedJobs::post(Command command) {
  const std::lock_guard lock(mutex_);
  if (commands_.size() >= kLeaseCommandsMax) {
    log::error("a command for leases was lost", {});
    return;
  }
  commands_.push_back(std::move(command));
  news_.notify_all();
}

void LeasedJobs::interrupt() noexcept {
  const std::lock_guard lock(mutex_);
  is_over_ = true;
  news_.notify_all();
}

void LeasedJobs::wait() noexcept {
  {
    std::unique_lock lock(mutex_);
    const Nanos left = std::max<Nanos>(leases_.next() - clock_.now(), Nanos(0));
    news_.wait_for(lock, left, [this] { return is_over_ || !commands_.empty(); });
  }
  run_commands();
  leases_.poll(slack(), clock_.now());
  ask_for_rooms();
}

void LeasedJobs::run_commands() {
  std::deque<Command> commands;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
  }
  for (const Command& command : commands) command();
}

service::WorkerSlack LeasedJobs::slack() const {
  const service::WorkerReport report = worker_.report();
  const std::size_t taken = report.jobs + report.promised + coming_.size();
  return {.takes_jobs = report.state == service::WorkerReport::State::registered && !report.is_full,
          .load = report.load,
          .places = options_.jobs_max - std::min(taken, options_.jobs_max)};
}

void LeasedJobs::lose(const std::string& job_id) {
  coming_.erase(job_id);
  jobs_.terminate(job_id);
}

// --- taking over ---------------------------------------------------------------------------------

void LeasedJobs::take_over(const KeptJob& kept, const std::string& predecessor) {
  coming_[kept.job.id] = {.kept = kept, .predecessor = predecessor, .ask_at = clock_.now()};
}

void LeasedJobs::ask_for_rooms() {
  const Instant now = clock_.now();
  for (auto& [id, coming] : coming_) {
    if (now >= coming.ask_at) ask_for_room(coming);
  }
}

/// Whoever enters a room that is over would make another one of its name.
void LeasedJobs::ask_for_room(Coming& coming) {
  coming.ask_at = Instant::never();
  ++coming.asks;
  const protocol::VideoGrant grant{.can_list = true};
  poster_({.url = options_.address.at(protocol::kListRoomsPath),
           .headers = {{"Content-Type", "application/json"},
                       {"Authorization", options_.address.authorization(
                                             grant, clock_.unix_seconds(), kAskTokenLife)}},
           .body = protocol::list_rooms_json(coming.kept.job.room),
           .timeout = kRoomAskTimeout},
          [this, id = coming.kept.job.id](Result<HttpAnswer> answer) {
            post([this, id, answer = std::move(answer)] { hear_of_room(id, answer); });
          });
}

void LeasedJobs::hear_of_room(const std::string& job_id, const Result<HttpAnswer>& answer) {
  const auto at = coming_.find(job_id);
  if (at == coming_.end()) return;
  Coming& coming = at->second;
  std::string trouble =
      answer ? "status " + std::to_string(answer->status) : answer.error().message;
  if (answer && answer->status == 200) {
    auto parsed = protocol::parse_room_list(answer->body);
    if (const auto* rooms = std::get_if<std::vector<protocol::ListedRoom>>(&parsed)) {
      const bool is_there = std::ranges::any_of(
          *rooms, [&](const auto& room) { return room.sid == coming.kept.job.room_sid; });
      return is_there ? adopt(coming) : forget(job_id, "its room is over");
    }
    trouble = std::get<protocol::ProtocolError>(parsed).message;
  }
  if (coming.asks >= kRoomAsksMax) return forget(job_id, "LiveKit does not say: " + trouble);
  coming.ask_at = clock_.now() + kRoomAskPause;
}

void LeasedJobs::adopt(const Coming& coming) {
  const KeptJob& kept = coming.kept;
  const LiveKitAddress& address = options_.address;
  protocol::AccessToken token{.key = address.key,
                              .identity = kept.identity,
                              .expires_at = clock_.unix_seconds() + kJoinTokenLife,
                              .name = kept.name,
                              .kind = "agent"};
  // As LiveKit's own tokens for agents, and AgentWorker's answers.
  token.attributes = {{"lk.agent.state", "initializing"}};
  if (!kept.job.agent_name.empty()) {
    token.attributes["lk.agent_name"] = token.attributes["lk.agent.name"] = kept.job.agent_name;
  }
  token.video = {.room = kept.job.room,
                 .can_join = true,
                 .is_worker = true,
                 .can_publish = true,
                 .can_subscribe = true,
                 .can_publish_data = true,
                 .can_update_own_metadata = true};
  worker_.adopt({.job = kept.job,
                 .url = address.room_url,
                 .token = protocol::mint_access_token(token, address.secret),
                 .takes_over = true,
                 .predecessor = coming.predecessor,
                 .predecessor_patience = options_.drain_max + kPredecessorOver},
                [this, id = kept.job.id] {
                  post([this, id] { forget(id, "this worker takes no jobs any more"); });
                });
}

void LeasedJobs::forget(const std::string& job_id, const std::string& why) {
  log::info("a job of another worker is not gone on with", {{"job", job_id}, {"why", why}});
  coming_.erase(job_id);
  leases_.end(job_id);
}

}  // namespace parley::server
