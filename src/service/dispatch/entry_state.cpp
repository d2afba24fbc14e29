// SPDX-License-Identifier: Apache-2.0
#include "service/dispatch/entry_state.h"

#include <exception>
#include <utility>
#include <variant>

#include "base/log.h"

namespace parley::service {

EntryState::EntryState(const Function& function, JobAssignment assignment, RoomAgents& agents,
                       Counter& lost, std::function<void(Status)> done)
    : function_(function),
      assignment_(std::move(assignment)),
      lost_(lost),
      agents_(&agents),
      done_(std::move(done)) {}

void EntryState::run() noexcept {
  Status status = call();
  if (!status) {
    log::warn("an entry point has failed",
              {{"job", facts().id}, {"room", facts().room}, {"why", status.error().message}});
  }
  std::unique_lock lock(mutex_);
  has_returned_ = true;
  returned_ = std::move(status);
  events_.clear();  // nobody takes them any more
  if (!has_agent()) return finish(std::move(lock));
  // It goes on without the program; of a program that failed, nobody would know what it says.
  if (!returned_ && agents_ != nullptr) agents_->terminate(facts().id);
}

/// What a program throws ends its job, and nothing else.
Status EntryState::call() {
  try {
    EntryJob job(shared_from_this());
    return function_(job);
  } catch (const std::exception& thrown) {
    return Error{ErrorCode::internal, std::string("the entry point threw: ") + thrown.what()};
  } catch (...) {
    return Error{ErrorCode::internal, "the entry point threw something that is no std::exception"};
  }
}

void EntryState::finish(std::unique_lock<std::mutex> lock) {
  const std::function<void(Status)> done = std::exchange(done_, nullptr);
  Status status = returned_ && was_in_ ? left_ : returned_;
  lock.unlock();
  if (done) done(std::move(status));
}

void EntryState::end_comes(EndComes::Why why) {
  const std::lock_guard lock(mutex_);
  is_ending_ = true;
  keep(EndComes{why});
}

void EntryState::let_go() {
  const std::lock_guard lock(mutex_);
  is_ending_ = true;
  agents_ = nullptr;
  keep(EndComes{EndComes::Why::terminated});
}

bool EntryState::has_returned() const {
  const std::lock_guard lock(mutex_);
  return has_returned_;
}

bool EntryState::is_over() const {
  const std::lock_guard lock(mutex_);
  return has_returned_ && !done_;
}

bool EntryState::is_ending() const {
  const std::lock_guard lock(mutex_);
  return is_ending_;
}

std::string EntryState::identity() const {
  const std::lock_guard lock(mutex_);
  return identity_;
}

// --- the agent -----------------------------------------------------------------------------------

Status EntryState::begin_join(protocol::AgentOrder order) {
  const std::lock_guard lock(mutex_);
  if (is_ending_ || agents_ == nullptr) {
    return Error{ErrorCode::cancelled, "the job is ending: no agent can join any more"};
  }
  if (has_agent()) {
    return Error{ErrorCode::failed_precondition, "the job has an agent in the room already"};
  }
  JobAssignment assignment = assignment_;
  if (agent_ == Agent::left) {  // the place that was taken over is given up
    assignment.takes_over = false;
    assignment.predecessor.clear();
  }
  agent_ = Agent::joining;
  was_in_ = false;
  left_ = {};
  ignores_events_ = false;
  events_.clear();
  const std::shared_ptr<EntryState> self = shared_from_this();
  agents_->join({.assignment = std::move(assignment),
                 .order = std::move(order),
                 .events = [self](AgentEvent event) { self->take(std::move(event)); }},
                [self](Status why) { self->agent_left(std::move(why)); });
  return {};
}

Status EntryState::wait_until_in() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return agent_ != Agent::joining; });
  // The caller is told by the result. It may have left again by now, which is an event.
  std::erase_if(events_, [this](const AgentEvent& event) {
    return std::holds_alternative<AgentEntered>(event) ||
           (!was_in_ && std::holds_alternative<AgentLeft>(event));
  });
  if (was_in_) return {};
  if (!left_) return left_;
  return Error{ErrorCode::cancelled, "the agent left before it was in the room"};
}

Status EntryState::with_agent(const std::function<void(RoomAgents&)>& what) {
  const std::lock_guard lock(mutex_);
  if (!has_agent() || agents_ == nullptr) {
    return Error{ErrorCode::failed_precondition, "the agent is not in the room"};
  }
  what(*agents_);
  return {};
}

Status EntryState::command(room::Command command) {
  return with_agent([&](RoomAgents& agents) { agents.command(facts().id, std::move(command)); });
}

Status EntryState::leave() {
  return with_agent([&](RoomAgents& agents) { agents.finish(facts().id); });
}

void EntryState::take(AgentEvent event) {
  const std::lock_guard lock(mutex_);
  if (const auto* entered = std::get_if<AgentEntered>(&event)) {
    agent_ = Agent::in;
    was_in_ = true;
    identity_ = entered->identity;
  }
  keep(std::move(event));
}

void EntryState::agent_left(Status why) {
  std::unique_lock lock(mutex_);
  agent_ = Agent::left;
  left_ = why;
  keep(AgentLeft{std::move(why)});
  if (has_returned_) finish(std::move(lock));
}

// --- what happens --------------------------------------------------------------------------------

void EntryState::keep(AgentEvent event) {
  changed_.notify_all();
  if (has_returned_ || ignores_events_) return;
  if (events_.size() >= kAgentEventsMax) {
    events_.pop_front();
    lost_.add();
  }
  events_.push_back(std::move(event));
}

std::optional<AgentEvent> EntryState::pop() {
  if (events_.empty()) return std::nullopt;
  std::optional<AgentEvent> first = std::move(events_.front());
  events_.pop_front();
  return first;
}

std::optional<AgentEvent> EntryState::next_of_agent() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !events_.empty() || !has_agent(); });
  return pop();
}

std::optional<AgentEvent> EntryState::next_of_job() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !events_.empty() || is_dismissed_; });
  return is_dismissed_ ? std::nullopt : pop();
}

Status EntryState::wait_until_left() {
  std::unique_lock lock(mutex_);
  ignores_events_ = true;
  events_.clear();
  changed_.wait(lock, [this] { return !has_agent(); });
  return left_;
}

void EntryState::refuse(std::string command, std::string why) {
  const std::lock_guard lock(mutex_);
  keep(CommandRefused{std::move(command), std::move(why)});
}

void EntryState::dismiss() {
  const std::lock_guard lock(mutex_);
  is_dismissed_ = true;
  changed_.notify_all();
}

// --- handles: entry_point.h ----------------------------------------------------------------------

std::string RoomAgent::identity() const { return state_->identity(); }
Status RoomAgent::say(std::string text) { return state_->command({room::Say{std::move(text)}}); }
Status RoomAgent::interrupt() { return state_->command({room::Interrupt{}}); }
Status RoomAgent::set_instructions(std::string instructions) {
  return state_->command({room::SetInstructions{std::move(instructions)}});
}
Status RoomAgent::leave() { return state_->leave(); }
std::optional<AgentEvent> RoomAgent::next() { return state_->next_of_agent(); }
Status RoomAgent::wait() { return state_->wait_until_left(); }

const protocol::Job& EntryJob::facts() const { return state_->facts(); }
bool EntryJob::is_ending() const { return state_->is_ending(); }
Result<RoomAgent> EntryJob::join(protocol::AgentOrder order) {
  PARLEY_TRY_STATUS(state_->begin_join(std::move(order)));
  PARLEY_TRY_STATUS(state_->wait_until_in());
  return RoomAgent(state_);
}
Status EntryJob::begin_join(protocol::AgentOrder order) {
  return state_->begin_join(std::move(order));
}
std::optional<AgentEvent> EntryJob::next() { return state_->next_of_job(); }
void EntryJob::refuse(std::string command, std::string why) {
  state_->refuse(std::move(command), std::move(why));
}
void EntryJob::dismiss() { state_->dismiss(); }

}  // namespace parley::service
