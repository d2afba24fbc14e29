// SPDX-License-Identifier: Apache-2.0
//
// A worker with a server and a runner of jobs that a test moves by hand, in virtual time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/metrics.h"
#include "service/dispatch/agent_worker.h"

namespace parley::service {

class FakeRunner final : public JobRunner {
 public:
  void start(JobAssignment assignment, std::function<void(Status)> done) override {
    done_[assignment.job.id] = std::move(done);
    started.push_back(std::move(assignment));
  }
  void terminate(const std::string& job_id) override { terminated.push_back(job_id); }
  void drain() override { is_draining = true; }
  [[nodiscard]] double load() const override { return measured; }
  [[nodiscard]] std::string name_of(const protocol::Job& job) const override {
    return job.metadata == "named" ? "Lia" : "";
  }
  [[nodiscard]] bool wants(const protocol::Job& job) const override { return job.id != unwanted; }

  void finish(const std::string& job_id, Status status = {}) {
    std::exchange(done_[job_id], nullptr)(std::move(status));
  }

  std::vector<JobAssignment> started;
  std::vector<std::string> terminated;
  bool is_draining = false;
  double measured = 0.0;
  std::string unwanted;

 private:
  std::map<std::string, std::function<void(Status)>> done_;
};

class FakeLink final : public WorkerLink {
 public:
  void connect() override { ++connects; }
  void send(protocol::WorkerMessage message) override { sent.push_back(std::move(message)); }
  void close() override { ++closes; }
  void wake() override { ++wakes; }

  /// Those of one kind, which are then gone.
  template <typename Message>
  std::vector<Message> take() {
    std::vector<Message> found;
    std::erase_if(sent, [&](const protocol::WorkerMessage& message) {
      const auto* one = std::get_if<Message>(&message);
      if (one != nullptr) found.push_back(*one);
      return one != nullptr;
    });
    return found;
  }

  int connects = 0;
  int closes = 0;
  int wakes = 0;
  std::vector<protocol::WorkerMessage> sent;
};

struct FakeLiveKit {
  explicit FakeLiveKit(AgentWorkerOptions options = {.url = "ws://livekit:7880",
                                                     .agent_name = "parley",
                                                     .version = "0.1",
                                                     .jobs_max = 2})
      : worker(std::move(options), link, runner, metrics) {}

  /// Time passes, and the worker does what is due, when it is due.
  void pass(Nanos time) {
    const Instant end = now + time;
    while (worker.next() <= end) {
      now = std::max(now, worker.next());
      worker.poll(now);
    }
    now = end;
    worker.poll(now);
  }
  void begin() {
    worker.start(now);
    open();
  }
  void open(int protocol = 1) {
    worker.on_open(now);
    worker.on_message(protocol::Registered{"AW_1", "1.9.12", "ND_1", protocol}, now);
  }
  static protocol::Job job(const std::string& id) {
    return {.id = id, .dispatch_id = "AD_1", .room = "room of " + id, .agent_name = "parley"};
  }
  protocol::JobAnswer offer(const std::string& id) {
    worker.on_message(protocol::JobOffer{job(id)}, now);
    const auto answers = link.take<protocol::JobAnswer>();
    return answers.size() == 1 ? answers[0] : protocol::JobAnswer{.job_id = "not answered once"};
  }
  void assign(const std::string& id) {
    worker.on_message(protocol::JobAssigned{job(id), "", "token of " + id}, now);
  }
  void run(const std::string& id) {
    offer(id);
    assign(id);
  }
  /// A runner's end, and what the link's `wake` leads to.
  void finish(const std::string& id, Status status = {}) {
    runner.finish(id, std::move(status));
    worker.poll(now);
  }

  Instant now{};
  Metrics metrics;
  FakeRunner runner;
  FakeLink link;
  AgentWorker worker;
};

}  // namespace parley::service
