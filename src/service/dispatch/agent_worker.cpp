// SPDX-License-Identifier: Apache-2.0
#include "service/dispatch/agent_worker.h"

#include <algorithm>
#include <charconv>
#include <variant>

#include "base/log.h"

namespace parley::service {
namespace {

using protocol::JobUpdate;

constexpr Nanos kRetryStep = std::chrono::seconds(2);
/// The oldest LiveKit that agents were tried with.
constexpr std::string_view kServerTried = "1.9";
/// Of what a server says of itself.
constexpr std::size_t kSaidBytesMax = 200;

std::int64_t milliseconds(Instant at) {
  return std::chrono::duration_cast<Millis>(at.since_zero).count();
}

Counter& answers(Metrics& metrics, std::string answer) {
  return metrics.counter("parley_room_worker_availability_total",
                         "Offers of jobs that were answered, by the answer",
                         {{"answer", std::move(answer)}});
}

Counter& ends(Metrics& metrics, std::string outcome) {
  return metrics.counter("parley_room_worker_jobs_total", "Jobs in rooms that ended, by how",
                         {{"outcome", std::move(outcome)}});
}

/// By the first two numbers; what is no version is not older.
bool is_older(std::string_view version, std::string_view than) {
  const auto numbers = [](std::string_view text) -> std::optional<std::pair<int, int>> {
    std::pair<int, int> read;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, read.first);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return std::nullopt;
    const auto second = std::from_chars(first.ptr + 1, end, read.second);
    if (second.ec != std::errc()) return std::nullopt;
    return read;
  };
  const auto ours = numbers(version);
  return ours && *ours < *numbers(than);
}

}  // namespace

std::string_view to_string(WorkerReport::State state) noexcept {
  switch (state) {
    case WorkerReport::State::connecting:
      return "connecting";
    case WorkerReport::State::registered:
      return "registered";
    case WorkerReport::State::waiting:
      return "waiting";
    case WorkerReport::State::draining:
      return "draining";
    case WorkerReport::State::over:
      return "over";
  }
  return "unknown";
}

class AgentWorker::Ends {
 public:
  explicit Ends(WorkerLink& link) : link_(&link) {}
  void push(std::string job_id, Status status) {
    const std::lock_guard lock(mutex_);
    if (link_ == nullptr) return;
    ended_.emplace_back(std::move(job_id), std::move(status));
    // Under the lock: whoever lets go of the link may destroy it afterwards.
    link_->wake();
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    link_ = nullptr;
  }
  [[nodiscard]] std::vector<std::pair<std::string, Status>> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(ended_, {});
  }

 private:
  std::mutex mutex_;
  WorkerLink* link_;  // GUARDED_BY(mutex_); null: the worker is gone
  std::vector<std::pair<std::string, Status>> ended_;  // GUARDED_BY(mutex_); one for each job
};

AgentWorker::AgentWorker(AgentWorkerOptions options, WorkerLink& link, JobRunner& runner,
                         Metrics& metrics)
    : options_(std::move(options)),
      link_(link),
      runner_(runner),
      answered_yes_(answers(metrics, "yes")),
      answered_full_(answers(metrics, "full")),
      answered_draining_(answers(metrics, "draining")),
      answered_faulty_(answers(metrics, "faulty")),
      answered_unwanted_(answers(metrics, "unwanted")),
      reconnects_(metrics.counter("parley_room_worker_reconnects_total",
                                  "Registrations after a connection to LiveKit was lost")),
      succeeded_(ends(metrics, "success")),
      failed_(ends(metrics, "failed")),
      cut_(ends(metrics, "cut")),
      connected_(metrics.gauge("parley_room_worker_connected",
                               "1 while the worker is registered with LiveKit")),
      running_(metrics.gauge("parley_room_worker_jobs", "Jobs in rooms that run")),
      load_percent_(metrics.gauge("parley_room_worker_load_percent",
                                  "Load that LiveKit was told last, 0 to 100")),
      ends_(std::make_shared<Ends>(link)) {}

AgentWorker::~AgentWorker() { ends_->let_go(); }

void AgentWorker::start(Instant now) {
  if (state_ != State::idle) return;
  static_cast<void>(now);
  connect();
  publish();
}

void AgentWorker::connect() {
  state_ = State::connecting;
  connect_at_ = Instant::never();
  link_.connect();
}

void AgentWorker::on_open(Instant now) {
  if (state_ != State::connecting) return;
  state_ = State::registering;
  registered_by_ = now + kRegisterPatience;
  link_.send(protocol::RegisterWorker{options_.kind, options_.version, options_.agent_name});
}

void AgentWorker::on_message(const protocol::ServerMessage& message, Instant now) {
  if (state_ == State::registering) {
    if (const auto* registered = std::get_if<protocol::Registered>(&message)) {
      register_anew(*registered, now);
    } else {
      link_.close();
      lose(options_.url + " did not begin with a registration: is it a LiveKit server?",
           pause_after_failure(now), now);
    }
    return publish();
  }
  if (!is_registered()) return;
  pong_by_ = Instant::never();  // whatever comes shows that the server is there
  if (const auto* offer = std::get_if<protocol::JobOffer>(&message)) {
    answer(*offer, now);
  } else if (const auto* assigned = std::get_if<protocol::JobAssigned>(&message)) {
    assign(*assigned, now);
  } else if (const auto* terminated = std::get_if<protocol::JobTerminated>(&message)) {
    terminate(terminated->job_id, now);
  }
  publish();
}

void AgentWorker::on_nonsense(const std::string& why, Instant now) {
  log::warn("a message of LiveKit cannot be read", {{"why", why}});
  if (state_ != State::registering) return;
  link_.close();
  lose(options_.url + " does not speak LiveKit's agent protocol (" + why + ")",
       pause_after_failure(now), now);
  publish();
}

void AgentWorker::on_lost(const LinkLoss& loss, Instant now) {
  if (state_ != State::connecting && state_ != State::registering && !is_registered()) return;
  const bool is_refused = loss.why == LinkLoss::Why::refused && loss.status < 500;
  const Nanos pause = is_refused ? kRefusedRetry : pause_after_failure(now);
  lose(trouble_of(loss), pause, now);
  look_at_drain(now);
  publish();
}

void AgentWorker::poll(Instant now) {
  finish_ended(now);
  forget_promises(now);
  if (now >= connect_at_) connect();
  if (now >= registered_by_ || now >= pong_by_) {
    link_.close();
    lose(options_.url + " does not answer", pause_after_failure(now), now);
  }
  if (is_registered() && now >= update_at_) update(now);
  if (is_registered() && now >= ping_at_) {
    link_.send(protocol::WorkerPing{milliseconds(now)});
    ping_at_ = now + kPingInterval;
    pong_by_ = now + kPongPatience;
  }
  look_at_drain(now);
  publish();
}

Instant AgentWorker::next() const {
  Instant first =
      std::min({connect_at_, registered_by_, update_at_, ping_at_, pong_by_, drained_by_});
  for (const auto& [id, until] : promises_) first = std::min(first, until);
  return first;
}

// --- a registration, and its loss ---------------------------------------------------------------

void AgentWorker::register_anew(const protocol::Registered& registered, Instant now) {
  state_ = State::registered;
  registered_at_ = now;
  trouble_.reset();
  worker_id_ = registered.worker_id;
  server_version_ = registered.server_version;
  registered_by_ = Instant::never();
  ping_at_ = now + kPingInterval;
  connected_.set(1);
  if (was_registered_) reconnects_.add();
  was_registered_ = true;
  log::info("registered with LiveKit", {{"worker", worker_id_},
                                        {"url", options_.url},
                                        {"agent_name", options_.agent_name},
                                        {"livekit", server_version_},
                                        {"jobs", jobs_.size()}});
  if (registered.agent_protocol > kAgentProtocol) {
    log::warn("LiveKit speaks a later version of the agent protocol: if jobs fail, update Parley",
              {{"ours", kAgentProtocol}, {"theirs", registered.agent_protocol}});
  }
  if (is_older(server_version_, kServerTried)) {
    log::warn("LiveKit is older than any that Parley was tried with: if jobs fail, update it",
              {{"livekit", server_version_}, {"tried", kServerTried}});
  }
  if (!jobs_.empty()) {
    protocol::JobsGoOn go_on;
    for (const auto& [id, room] : jobs_) go_on.job_ids.push_back(id);
    link_.send(std::move(go_on));
    for (const auto& [id, room] : jobs_) link_.send(JobUpdate{id, JobUpdate::State::running});
  }
  for (JobUpdate& end : untold_) link_.send(std::move(end));
  untold_.clear();
  update(now);
}

void AgentWorker::lose(std::string trouble, Nanos pause, Instant now) {
  state_ = State::waiting;
  connected_.set(0);
  worker_id_.clear();
  promises_.clear();  // nobody can assign them any more
  registered_by_ = update_at_ = ping_at_ = pong_by_ = Instant::never();
  connect_at_ = now + pause;
  log::warn("no connection to LiveKit",
            {{"why", trouble},
             {"again_in_ms", std::chrono::duration_cast<Millis>(pause).count()},
             {"jobs", jobs_.size()}});
  trouble_ = std::move(trouble);
}

Nanos AgentWorker::pause_after_failure(Instant now) {
  // The first attempt after a good connection is made at once: servers restart. One that did not
  // last is no good one.
  if (is_registered() && now - registered_at_ >= kRetryMax) failures_ = 0;
  const Nanos pause = std::min<Nanos>(kRetryStep * failures_, kRetryMax);
  if (kRetryStep * failures_ < kRetryMax) ++failures_;
  return pause;
}

std::string AgentWorker::trouble_of(const LinkLoss& loss) const {
  const std::string said = loss.message.substr(0, kSaidBytesMax);
  switch (loss.why) {
    case LinkLoss::Why::unreachable:
      return "LiveKit cannot be reached: " + said;
    case LinkLoss::Why::closed:
      return options_.url + " closed the connection" + (said.empty() ? "" : ": " + said);
    case LinkLoss::Why::refused:
      break;
  }
  const std::string answer = options_.url + " answered " + std::to_string(loss.status) +
                             (said.empty() ? "" : " (" + said + ")");
  if (loss.status == 401 || loss.status == 403) {
    return answer +
           ": it does not know the key, or the secret is another one, or the clocks differ by "
           "more than a minute: check rooms.key and rooms.secret";
  }
  if (loss.status == 404) {
    return answer +
           ": there is no agent endpoint: check that rooms.url is that of a LiveKit "
           "server of version 1.7 or later";
  }
  return answer;
}

// --- jobs
// -----------------------------------------------------------------------------------------

void AgentWorker::answer(const protocol::JobOffer& offer, Instant now) {
  const protocol::Job& job = offer.job;
  protocol::JobAnswer answer{.job_id = job.id};
  const bool is_known = jobs_.contains(job.id) || promises_.contains(job.id);
  if (!offer.trouble.empty() || is_known) {
    log::warn("a job is refused",
              {{"job", job.id}, {"why", is_known ? "it runs here already" : offer.trouble}});
    answered_faulty_.add();
  } else if (is_draining_) {
    answered_draining_.add();
  } else if (is_full()) {
    answered_full_.add();
  } else if (!runner_.wants(job)) {
    answered_unwanted_.add();
  } else {
    answered_yes_.add();
    promises_[job.id] = now + kAssignmentPatience;
    answer.is_available = true;
    answer.identity = "agent-" + job.id;
    answer.name = runner_.name_of(job);
    if (answer.name.empty()) answer.name = options_.agent_name;
    answer.attributes["lk.agent.state"] = "initializing";
    if (!options_.agent_name.empty()) answer.attributes["lk.agent.name"] = options_.agent_name;
  }
  link_.send(std::move(answer));
  update_if_changed(now);
}

void AgentWorker::assign(const protocol::JobAssigned& assigned, Instant now) {
  const protocol::Job& job = assigned.job;
  const bool was_promised = promises_.erase(job.id) > 0;
  if (jobs_.contains(job.id)) return;
  if (is_draining_ || (!was_promised && is_full())) {
    const std::string why = is_draining_ ? "the worker is shutting down"
                                         : "the worker is full: the assignment came too late";
    log::warn("a job cannot begin", {{"job", job.id}, {"room", job.room}, {"why", why}});
    failed_.add();
    link_.send(JobUpdate{job.id, JobUpdate::State::failed, why});
    return;
  }
  link_.send(JobUpdate{job.id, JobUpdate::State::running});
  begin({job, assigned.url.empty() ? options_.url : assigned.url, assigned.token});
  update_if_changed(now);
}

bool AgentWorker::adopt(JobAssignment assignment, Instant now) {
  if (is_draining_ || state_ == State::over || jobs_.contains(assignment.job.id)) return false;
  // LiveKit is told nothing of it: there the job was that worker's, and went with it.
  begin(std::move(assignment));
  update_if_changed(now);
  publish();
  return true;
}

void AgentWorker::begin(JobAssignment assignment) {
  const protocol::Job& job = assignment.job;
  jobs_.emplace(job.id, job.room);
  log::info("a job begins", {{"job", job.id},
                             {"room", job.room},
                             {"participant", job.participant},
                             {"dispatch", job.dispatch_id},
                             {"takes_over", assignment.takes_over}});
  auto done = [ends = ends_, id = job.id](Status status) { ends->push(id, std::move(status)); };
  runner_.start(std::move(assignment), std::move(done));
}

void AgentWorker::terminate(const std::string& job_id, Instant now) {
  promises_.erase(job_id);
  if (jobs_.contains(job_id)) runner_.terminate(job_id);
  update_if_changed(now);
}

void AgentWorker::finish_ended(Instant now) {
  for (const auto& [job_id, status] : ends_->take()) finish(job_id, status);
  if (is_registered()) update_if_changed(now);
}

void AgentWorker::finish(const std::string& job_id, const Status& status) {
  const auto job = jobs_.find(job_id);
  if (job == jobs_.end()) return;
  if (status) {
    succeeded_.add();
    log::info("a job has ended", {{"job", job_id}, {"room", job->second}});
    send_end({job_id, JobUpdate::State::success});
  } else {
    failed_.add();
    log::warn("a job has failed",
              {{"job", job_id}, {"room", job->second}, {"why", status.error().message}});
    send_end({job_id, JobUpdate::State::failed, status.error().message});
  }
  jobs_.erase(job);
}

void AgentWorker::send_end(JobUpdate end) {
  if (is_registered()) return link_.send(std::move(end));
  if (untold_.size() >= kEndsKeptMax) untold_.pop_front();
  untold_.push_back(std::move(end));
}

void AgentWorker::forget_promises(Instant now) {
  const std::size_t forgotten =
      std::erase_if(promises_, [&](const auto& promise) { return now >= promise.second; });
  if (forgotten > 0 && is_registered()) update_if_changed(now);
}

// --- how busy it is
// -------------------------------------------------------------------------------

bool AgentWorker::is_full() const {
  return places_taken() >= options_.jobs_max || runner_.load() >= options_.load_max;
}

void AgentWorker::update(Instant now) {
  // Places count, too: jobs that have just begun show in no measurement yet.
  const double places =
      static_cast<double>(places_taken()) / static_cast<double>(options_.jobs_max);
  load_ = std::clamp(std::max(runner_.load(), places), 0.0, 1.0);
  told_full_ = is_draining_ || is_full();
  load_percent_.set(static_cast<std::int64_t>(load_ * 100.0));
  link_.send(protocol::WorkerUpdate{told_full_, static_cast<float>(load_),
                                    static_cast<std::uint32_t>(jobs_.size())});
  update_at_ = now + kUpdateInterval;
}

void AgentWorker::update_if_changed(Instant now) {
  if (is_registered() && (is_draining_ || is_full()) != told_full_) update(now);
}

// --- the end
// --------------------------------------------------------------------------------------

void AgentWorker::drain(Instant now) {
  if (is_draining_ || state_ == State::over) return;
  is_draining_ = true;
  drained_by_ = now + options_.drain_max;
  if (is_registered()) update(now);
  log::info("the worker takes no jobs any more", {{"jobs", jobs_.size()}});
  runner_.drain();
  finish_ended(now);
  look_at_drain(now);
  publish();
}

void AgentWorker::look_at_drain(Instant now) {
  if (!is_draining_ || state_ == State::over) return;
  // A promise is waited for, to be refused in words: LiveKit would wait for the job otherwise.
  if (jobs_.empty() && promises_.empty()) return end();
  if (now >= drained_by_) end();
}

void AgentWorker::end() {
  for (const auto& [id, room] : jobs_) {
    cut_.add();
    log::warn("a job is cut off", {{"job", id}, {"room", room}});
    runner_.terminate(id);
    if (is_registered()) {
      link_.send(JobUpdate{id, JobUpdate::State::failed, "the worker has ended"});
    }
  }
  jobs_.clear();
  promises_.clear();
  link_.close();
  connected_.set(0);
  state_ = State::over;
  connect_at_ = registered_by_ = update_at_ = ping_at_ = pong_by_ = drained_by_ = Instant::never();
}

WorkerReport AgentWorker::report() const {
  const std::lock_guard lock(report_mutex_);
  return report_;
}

void AgentWorker::publish() {
  WorkerReport now;
  now.state = state_ == State::over      ? WorkerReport::State::over
              : is_draining_             ? WorkerReport::State::draining
              : is_registered()          ? WorkerReport::State::registered
              : state_ == State::waiting ? WorkerReport::State::waiting
                                         : WorkerReport::State::connecting;
  now.worker_id = worker_id_;
  now.server_version = server_version_;
  now.jobs = jobs_.size();
  now.promised = promises_.size();
  now.load = load_;
  now.is_full = told_full_;
  now.trouble = trouble_;
  now.rooms.assign(jobs_.begin(), jobs_.end());
  running_.set(static_cast<std::int64_t>(jobs_.size()));
  const std::lock_guard lock(report_mutex_);
  report_ = std::move(now);
}

}  // namespace parley::service
