// SPDX-License-Identifier: Apache-2.0
#include "service/dispatch/entry_jobs.h"

#include <exception>
#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace parley::service {
namespace {

Error thrown(const char* what, const std::exception& why) {
  return {ErrorCode::internal, std::string(what) + " threw: " + why.what()};
}

}  // namespace

EntryJobs::EntryJobs(EntryPoint entry, std::unique_ptr<RoomAgents> agents, Metrics& metrics)
    : entry_(std::move(entry)),
      lost_(metrics.counter("parley_room_agent_events_lost_total",
                            "Events of rooms that a program's entry point did not take in time")),
      agents_(std::move(agents)) {
  PARLEY_CHECK(entry_.entrypoint != nullptr);
}

EntryJobs::~EntryJobs() {
  for (auto& [id, job] : running_) job.state->let_go();
  agents_.reset();  // every agent leaves, and its job is told
  for (auto& [id, job] : running_) {
    if (job.state->has_returned()) continue;
    log::warn("an entry point has not returned: waiting for it", {{"job", id}});
  }
}

Status EntryJobs::prewarm() const {
  if (!entry_.prewarm) return {};
  try {
    return entry_.prewarm();
  } catch (const std::exception& why) {
    return thrown("prewarm", why);
  }
}

void EntryJobs::start(JobAssignment assignment, std::function<void(Status)> done) {
  std::string id = assignment.job.id;
  const auto state = std::make_shared<EntryState>(entry_.entrypoint, std::move(assignment),
                                                  *agents_, lost_, std::move(done));
  const std::lock_guard lock(mutex_);
  // Their threads have nothing to do any more.
  std::erase_if(running_, [](const auto& job) { return job.second.state->is_over(); });
  auto& job = running_[std::move(id)];
  job = {state, std::make_unique<exec::ThreadExecutor>("room-job")};
  job.thread->post(*state);
}

void EntryJobs::terminate(const std::string& job_id) {
  const std::lock_guard lock(mutex_);
  const auto at = running_.find(job_id);
  if (at == running_.end()) return;
  at->second.state->end_comes(EndComes::Why::terminated);
  agents_->terminate(job_id);
}

void EntryJobs::drain() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, job] : running_) job.state->end_comes(EndComes::Why::drains);
  agents_->drain();
}

void EntryJobs::leave(const std::string& job_id, const std::string& successor) {
  const std::lock_guard lock(mutex_);
  const auto at = running_.find(job_id);
  if (at != running_.end()) at->second.state->end_comes(EndComes::Why::drains);
  agents_->leave(job_id, successor);
}

double EntryJobs::load() const { return agents_->load(); }

bool EntryJobs::wants(const protocol::Job& job) const {
  if (!entry_.request) return true;
  try {
    return entry_.request(job);
  } catch (const std::exception& why) {
    log::error("a job is refused", {{"job", job.id}, {"why", thrown("request", why).message}});
    return false;
  }
}

}  // namespace parley::service
