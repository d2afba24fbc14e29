// SPDX-License-Identifier: Apache-2.0
//
// Agents of rooms that a test moves by hand: it lets them in, tells what happens, lets them leave.
//
// Threads: any.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "service/dispatch/room_agents.h"

namespace parley::service {

class FakeAgents final : public RoomAgents {
 public:
  void start(JobAssignment, std::function<void(Status)> done) override { done({}); }
  void terminate(const std::string& job_id) override { note("terminate " + job_id); }
  void drain() override { note("drain"); }
  void leave(const std::string& job_id, const std::string& successor) override {
    note(job_id + " leaves to " + successor);
  }
  [[nodiscard]] double load() const override { return 0.25; }
  void join(AgentWish wish, std::function<void(Status)> done) override {
    const std::lock_guard lock(mutex_);
    const std::string id = wish.assignment.job.id;
    agents_[id] = {std::move(wish), std::move(done)};
    changed_.notify_all();
  }
  void command(const std::string& job_id, room::Command command) override {
    const auto* say = std::get_if<room::Say>(&command.what);
    const auto* set = std::get_if<room::SetInstructions>(&command.what);
    note(job_id + (say != nullptr   ? " says " + say->text
                   : set != nullptr ? " is " + set->instructions
                                    : " is silent"));
  }
  void finish(const std::string& job_id) override { note("finish " + job_id); }

  /// Waits until the job's entry point has asked for an agent. What it asked for.
  AgentWish wished(const std::string& job_id) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return agents_.contains(job_id); });
    return agents_.at(job_id).wish;
  }
  void tell(const std::string& job_id, AgentEvent event) {
    wished(job_id).events(std::move(event));
  }
  void enter(const std::string& job_id) {
    tell(job_id, AgentEntered{"room of " + job_id, "agent-" + job_id});
  }
  void leave(const std::string& job_id, Status why = {}) {
    wished(job_id);
    std::unique_lock lock(mutex_);
    const Agent agent = std::move(agents_.extract(job_id).mapped());
    lock.unlock();
    agent.done(std::move(why));
  }
  /// Waits until so many things were asked for; all of them.
  std::vector<std::string> asked(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return asked_.size() >= count; });
    return asked_;
  }

  ~FakeAgents() override {
    while (!agents_.empty()) leave(agents_.begin()->first);
  }

 private:
  struct Agent {
    AgentWish wish;
    std::function<void(Status)> done;
  };
  void note(std::string line) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(std::move(line));
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Agent> agents_;  // GUARDED_BY(mutex_)
  std::vector<std::string> asked_;       // GUARDED_BY(mutex_)
};

}  // namespace parley::service
