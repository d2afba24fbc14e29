// SPDX-License-Identifier: Apache-2.0
//
// A worker and a LiveKit server that does anything in any order: bytes choose what comes, what is
// lost, which jobs end and how much time passes. Every offer is answered once, no more jobs run
// than may, each is ended once, and a drain has an end.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/log.h"
#include "service/dispatch/agent_worker.h"

namespace {

using namespace parley;           // NOLINT: one file, one subject
using namespace parley::service;  // NOLINT

constexpr std::size_t kJobsMax = 3;
constexpr std::size_t kStepsMax = 400;

void require(bool condition) {
  if (!condition) std::abort();
}

class Runner final : public JobRunner {
 public:
  void start(JobAssignment assignment, std::function<void(Status)> done) override {
    require(running_.emplace(assignment.job.id, std::move(done)).second);
    require(running_.size() <= kJobsMax);
  }
  void terminate(const std::string& job_id) override { require(running_.contains(job_id)); }
  void drain() override { require(!std::exchange(is_draining, true)); }
  [[nodiscard]] double load() const override { return measured; }
  [[nodiscard]] std::string name_of(const protocol::Job&) const override { return "Lia"; }

  void finish(std::size_t which, Status status) {
    if (running_.empty()) return;
    auto at = running_.begin();
    for (which %= running_.size(); which > 0; --which) ++at;
    const auto done = std::move(at->second);
    running_.erase(at);
    done(std::move(status));
  }
  [[nodiscard]] bool is_empty() const { return running_.empty(); }

  double measured = 0.0;
  bool is_draining = false;

 private:
  std::map<std::string, std::function<void(Status)>> running_;
};

/// Sends nothing before its socket is open, and after a loss nothing until it is open again.
class Link final : public WorkerLink {
 public:
  void connect() override {
    require(!is_open);
    is_connecting = true;
  }
  void send(protocol::WorkerMessage message) override {
    require(is_open);
    if (std::holds_alternative<protocol::JobAnswer>(message)) ++answers;
    if (const auto* update = std::get_if<protocol::WorkerUpdate>(&message)) {
      require(update->load >= 0.0F && update->load <= 1.0F && update->jobs <= kJobsMax);
    }
  }
  void close() override { is_open = is_connecting = false; }
  void wake() override { is_woken = true; }

  bool is_connecting = false;
  bool is_open = false;
  bool is_woken = false;
  int answers = 0;
};

class Story {
 public:
  explicit Story(std::string_view bytes) : bytes_(bytes) {}

  void run() {
    worker_.start(now_);
    for (std::size_t step = 0; step < kStepsMax && !bytes_.empty(); ++step) {
      happen();
      wake();
    }
    drain();
  }

 private:
  std::size_t next(std::size_t below) {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte % below;
  }
  std::string id() { return "AJ_" + std::to_string(next(6)); }

  void happen();
  void hear(const protocol::ServerMessage& message) {
    if (link_.is_open) worker_.on_message(message, now_);
  }
  void offer() {
    protocol::JobOffer offer{{.id = id(), .room = "kitchen"}};
    if (next(4) == 0) offer.trouble = "no room";
    const bool is_registered = worker_.report().state == WorkerReport::State::registered ||
                               worker_.report().state == WorkerReport::State::draining;
    const int before = link_.answers;
    const bool was_open = link_.is_open;
    hear(offer);
    if (was_open && is_registered && link_.is_open) require(link_.answers == before + 1);
  }
  void lose() {
    if (!link_.is_open && !link_.is_connecting) return;
    using Why = LinkLoss::Why;
    const Why why = link_.is_open ? Why::closed : next(2) == 0 ? Why::refused : Why::unreachable;
    link_.close();
    worker_.on_lost({why, static_cast<int>(400 + next(200)), "gone"}, now_);
  }
  void wake() {
    if (std::exchange(link_.is_woken, false)) worker_.poll(now_);
    require(worker_.report().jobs + worker_.report().promised <= kJobsMax);
  }
  /// When something is due, it is done then.
  void pass(Nanos time) {
    const Instant end = now_ + time;
    for (int polls = 0; worker_.next() <= end; ++polls) {
      require(polls < 1'000);
      now_ = std::max(now_, worker_.next());
      worker_.poll(now_);
    }
    now_ = end;
  }
  void drain() {
    worker_.drain(now_);
    require(runner_.is_draining || worker_.is_over());
    pass(std::chrono::seconds(10));
    require(worker_.is_over() && worker_.next() == Instant::never());
    while (!runner_.is_empty()) runner_.finish(0, {});
    wake();
  }

  std::string_view bytes_;
  Instant now_{};
  Metrics metrics_;
  Runner runner_;
  Link link_;
  AgentWorker worker_{{.url = "ws://livekit",
                       .agent_name = "parley",
                       .version = "1",
                       .jobs_max = kJobsMax,
                       .drain_max = std::chrono::seconds(10)},
                      link_,
                      runner_,
                      metrics_};
};

void Story::happen() {
  switch (next(13)) {
    case 0:
      if (!link_.is_connecting) return;
      link_.is_connecting = false;
      link_.is_open = true;
      return worker_.on_open(now_);
    case 1:
      return hear(protocol::Registered{"AW_1", "1.9.12", "ND_1", static_cast<int>(next(3))});
    case 2:
      return offer();
    case 3:
      return hear(protocol::JobAssigned{{.id = id(), .room = "kitchen"}, "", "token"});
    case 4:
      return hear(protocol::JobTerminated{id()});
    case 5:
      return hear(protocol::WorkerPong{});
    case 6:
      if (link_.is_open) worker_.on_nonsense("it is none", now_);
      return;
    case 7:
      return lose();
    case 8:
      return pass(std::chrono::milliseconds(100 * next(256)));
    case 9:
      return runner_.finish(next(3), next(2) == 0 ? Status() : Error{ErrorCode::unavailable, "no"});
    case 10:
      runner_.measured = static_cast<double>(next(11)) / 10.0;
      return;
    case 11:
      if (next(16) == 0) worker_.drain(now_);
      return;
    default:
      // Whoever adopts looks at the places first.
      if (worker_.report().jobs + worker_.report().promised >= kJobsMax) return;
      static_cast<void>(worker_.adopt({{.id = id(), .room = "kitchen"}, "ws://a", "token"}, now_));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool is_quiet = [] {
    log::set_level(log::Level::off);
    return true;
  }();
  static_cast<void>(is_quiet);
  Story({reinterpret_cast<const char*>(data), size}).run();
  return 0;
}
