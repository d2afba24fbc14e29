// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/room_jobs.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "base/log.h"
#include "base/random.h"
#include "exec/child_process.h"
#include "exec/mailbox.h"
#include "exec/strand.h"
#include "exec/thread_executor.h"
#include "operators/register_all.h"
#include "server/rooms/minutes_webhook.h"
#include "server/rooms/room_bridge.h"
#include "server/rooms/room_orders.h"
#include "service/room/room_service.h"
#include "transport/livekit/livekit_room.h"

namespace parley::server {
namespace {

/// Begins and ends of jobs that wait for their thread: more than any worker has jobs.
constexpr std::size_t kRoomCommandsMax = 65'536;
/// Below the cache of models and libraries.
constexpr const char* kProgram = "parley-livekit";
constexpr const char* kLibrary = "/sdk/livekit/lib/liblivekit_ffi.so";
constexpr std::uint16_t kEndedWell = 1001;  // and 1000

class RoomJobs final : public service::RoomAgents, private exec::StrandBody {
 public:
  explicit RoomJobs(const RoomJobsAround& around)
      : engine_(around.engine),
        bridge_counters_(around.metrics),
        webhook_(around.metrics),
        strand_(exec::Strand::make(thread_, *this)),
        mailbox_({.capacity = kRoomCommandsMax}, strand_->waker()),
        jobs_max_(static_cast<double>(around.config.rooms.jobs_max)),
        backlog_max_(Millis(around.config.tts.backlog_ms)) {}

  ~RoomJobs() override {
    strand_->close();
    const Error ended{ErrorCode::cancelled, "the worker has ended"};
    // Those that nobody has begun yet end, too.
    while (std::optional<Command> command = mailbox_.pop()) {
      if (auto* start = std::get_if<Start>(&*command)) refuse(*start, ended);
    }
    for (auto& [id, job] : running_) end(job, ended);
  }

  Status open(const RoomJobsAround& around) {
    operators::register_all_operators(registry_, engine_.operator_bindings());
    PARLEY_TRY(RoomOrders orders, RoomOrders::make(around.config, registry_));
    orders_.emplace(std::move(orders));
    livekit_ = around.livekit;
    if (livekit_ == nullptr) {
      PARLEY_TRY(loaded_,
                 transport::LiveKitLibrary::load({.program = exec::program_beside(kProgram),
                                                  .library = models_root(around.config) + kLibrary,
                                                  .rooms_max = around.config.rooms.process_rooms},
                                                 around.metrics));
      livekit_ = loaded_.get();
    }
    rooms_.emplace(engine_.agent_context(), engine_.pool(), registry_, room_options(around));
    return {};
  }

  void start(service::JobAssignment assignment, std::function<void(Status)> done) override {
    jobs_.fetch_add(1);
    post(Start{std::move(assignment), {}, {}, std::move(done)});
  }
  void join(service::AgentWish wish, std::function<void(Status)> done) override {
    jobs_.fetch_add(1);
    post(Start{std::move(wish.assignment), std::move(wish.order), std::move(wish.events),
               std::move(done)});
  }
  void command(const std::string& job_id, room::Command command) override {
    post(Tell{job_id, std::move(command)});
  }
  void finish(const std::string& job_id) override { post(Finish{job_id}); }
  void terminate(const std::string& job_id) override { post(Terminate{job_id}); }
  void drain() override { post(Drain{}); }
  void leave(const std::string& job_id, const std::string& successor) override {
    post(Leave{job_id, successor});
  }
  [[nodiscard]] double load() const override;
  [[nodiscard]] std::string name_of(const protocol::Job& job) const override {
    const Result<protocol::AgentOrder> order = orders_->parse(job);
    return order ? RoomOrders::name_of(*order) : std::string();
  }

 private:
  struct Start {
    service::JobAssignment assignment;
    std::optional<protocol::AgentOrder> order;  // else its metadata's
    service::AgentEventSink events;
    std::function<void(Status)> done;
  };
  struct Terminate {
    std::string job_id;
  };
  struct Tell {
    std::string job_id;
    room::Command what;
  };
  struct Finish {
    std::string job_id;
  };
  struct Drain {};
  struct Leave {
    std::string job_id;
    std::string successor;
  };
  /// The session is over: its link was closed.
  struct Over {
    std::string job_id;
    std::uint16_t code = 0;
    std::string reason;
  };
  using Command = std::variant<Start, Terminate, Tell, Finish, Drain, Leave, Over>;
  struct Running {
    std::shared_ptr<RoomBridge> bridge;  // shared with the session
    std::shared_ptr<service::RoomSession> session;
    std::function<void(Status)> done;
  };

  void post(Command command) {
    // Full only if a worker has more jobs than it may.
    const bool taken = mailbox_.push(std::move(command)) == exec::PushResult::accepted;
    if (!taken) log::error("a command for rooms was lost", {});
  }

  bool run_slice() noexcept override {
    std::optional<Command> command = mailbox_.pop();
    if (!command) return false;
    if (auto* start = std::get_if<Start>(&*command)) {
      begin(std::move(*start));
    } else if (const auto* over = std::get_if<Over>(&*command)) {
      finish(*over);
    } else if (const auto* wanted = std::get_if<Terminate>(&*command)) {
      const auto at = running_.find(wanted->job_id);
      if (at != running_.end()) finish(Over{wanted->job_id, kEndedWell, {}});
    } else if (auto* told = std::get_if<Tell>(&*command)) {
      if (Running* job = find(told->job_id)) job->bridge->tell(std::move(told->what));
    } else if (const auto* last = std::get_if<Finish>(&*command)) {
      if (Running* job = find(last->job_id)) job->session->finish();
    } else if (const auto* leaves = std::get_if<Leave>(&*command)) {
      leave_room(*leaves);
    } else {
      rooms_->drain();
    }
    return true;
  }

  Running* find(const std::string& job_id) {
    const auto at = running_.find(job_id);
    return at == running_.end() ? nullptr : &at->second;
  }

  void begin(Start start) {
    const protocol::Job& job = start.assignment.job;
    Status joined = join(start);
    if (joined) return;
    log::warn("a job could not begin",
              {{"job", job.id}, {"room", job.room}, {"why", joined.error().message}});
    refuse(start, std::move(joined));
  }

  void refuse(Start& start, Status why) {
    jobs_.fetch_sub(1);
    start.done(std::move(why));
  }

  Status join(Start& start) {
    const protocol::Job& job = start.assignment.job;
    if (running_.contains(job.id)) {
      return Error{ErrorCode::already_exists, "the job " + job.id + " runs here already"};
    }
    if (!start.order) {
      PARLEY_TRY(start.order, orders_->parse(job));
    }
    const protocol::AgentOrder& order = *start.order;
    PARLEY_TRY(service::RoomRequest request, orders_->request(job, order));
    request.takes_over = start.assignment.takes_over;
    request.predecessor = start.assignment.predecessor;
    request.predecessor_patience = start.assignment.predecessor_patience;
    request.events = std::move(start.events);
    if (order.webhook) {
      request.minutes = [this, url = *order.webhook](service::Minutes minutes) {
        webhook_.post(url, minutes);
      };
    }
    auto bridge =
        std::make_shared<RoomBridge>(engine_.buffers(), bridge_counters_,
                                     [this, id = job.id](std::uint16_t code, std::string reason) {
                                       post(Over{id, code, std::move(reason)});
                                     });
    PARLEY_TRY(std::shared_ptr<service::RoomSession> session,
               rooms_->open(std::move(request), bridge));
    running_[job.id] = {bridge, session, std::move(start.done)};
    bridge->join(*livekit_, {.url = start.assignment.url, .token = start.assignment.token},
                 [session](room::RoomEvent&& event) { return session->push(std::move(event)); });
    return {};
  }

  void leave_room(const Leave& leaves) {
    const auto at = running_.find(leaves.job_id);
    if (at == running_.end()) return;
    if (leaves.successor.empty()) {
      at->second.session->finish();
    } else {
      at->second.session->hand_over(leaves.successor);
    }
  }

  void finish(const Over& over) {
    const auto at = running_.find(over.job_id);
    if (at == running_.end()) return;
    Running job = std::move(at->second);
    running_.erase(at);
    const bool is_well = over.code == 1000 || over.code == kEndedWell;
    log::info("out of a room", {{"job", over.job_id}, {"code", over.code}, {"why", over.reason}});
    end(job, is_well ? Status() : Status(Error{ErrorCode::unavailable, over.reason}));
  }

  void end(Running& job, Status status) {
    // First the room, which then tells the session nothing more; the session lets go of the room.
    job.bridge->close(kEndedWell, {});
    job.session->close();
    jobs_.fetch_sub(1);
    job.done(std::move(status));
  }

  static service::RoomOptions room_options(const RoomJobsAround& around) {
    service::RoomOptions options;
    options.defaults = default_settings(around.config);
    options.sessions_max = static_cast<std::size_t>(around.config.rooms.jobs_max);
    options.keeping = around.keeping;
    // What one agent of a room keeps another goes on with: no two may choose the same ids.
    options.seed = entropy_seed();
    return options;
  }

  Engine& engine_;
  RoomInbox::Counters bridge_counters_;
  MinutesWebhook webhook_;
  exec::ThreadExecutor thread_{"rooms"};
  const std::shared_ptr<exec::Strand> strand_;
  exec::Mailbox<Command> mailbox_;
  const double jobs_max_;
  const Nanos backlog_max_;
  std::atomic<int> jobs_{0};
  graph::Registry registry_;
  std::optional<RoomOrders> orders_;
  std::unique_ptr<transport::LiveKitLibrary> loaded_;
  transport::LiveKitLibrary* livekit_ = nullptr;
  std::optional<service::RoomService> rooms_;
  std::map<std::string, Running> running_;  // the strand's
};

/// What is nearest to its limit: the recogniser, the detector, the voice, the number of jobs.
double RoomJobs::load() const {
  const agent::AgentContext context = engine_.agent_context();
  const double voice = static_cast<double>(context.tts.backlog().count()) /
                       static_cast<double>(std::max<Nanos>(backlog_max_, Millis(1)).count());
  const double load = std::max({context.asr.load().busy, context.vad.load().busy, voice,
                                static_cast<double>(jobs_.load()) / jobs_max_});
  return std::clamp(load, 0.0, 1.0);
}

}  // namespace

Result<std::unique_ptr<service::RoomAgents>> make_room_jobs(const RoomJobsAround& around) {
  auto jobs = std::make_unique<RoomJobs>(around);
  PARLEY_TRY_STATUS(jobs->open(around));
  return std::unique_ptr<service::RoomAgents>(std::move(jobs));
}

}  // namespace parley::server
