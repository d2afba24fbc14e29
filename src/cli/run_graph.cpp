// SPDX-License-Identifier: Apache-2.0
#include "cli/run_graph.h"

#include <chrono>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "cli/cli.h"
#include "cli/graph_models.h"
#include "cli/graph_operators.h"
#include "cli/stop_signal.h"
#include "exec/thread_executor.h"
#include "exec/timer_thread.h"
#include "graph/dot.h"
#include "graph/frame_type.h"
#include "graph/graph_build.h"
#include "graph/plugin/plugin_loader.h"
#include "graph/profiler.h"
#include "graph/runner.h"
#include "graph/watchdog.h"
#include "operators/flow/print_operator.h"

namespace parley::cli {
namespace {

using graph::GraphFile;
using graph::GraphSpec;
using graph::Plan;
using graph::Runner;

// An operator whose call takes longer is named. Models work beside the graph, not in a call.
constexpr Millis kStall{1000};

// How often a running graph is looked after: errors are shown, a signal is heard.
constexpr std::chrono::milliseconds kLook{20};

Result<Plan> plan_of(const GraphFile& file, const RunGraphOptions& options) {
  DescribedOperators operators;
  for (const std::string& path : options.plugins) PARLEY_TRY_STATUS(operators.add_plugin(path));
  PARLEY_TRY(GraphSpec spec, graph::build_graph(file, operators.registry()));
  return Plan::compile(std::move(spec));
}

/// Lines of several strands, one at a time.
class StreamLines final : public operators::LineWriter {
 public:
  explicit StreamLines(std::ostream& out) : out_(out) {}
  void write(std::string_view line) override {
    const std::lock_guard lock(mutex_);
    out_ << line << '\n' << std::flush;
  }

 private:
  std::mutex mutex_;
  std::ostream& out_;
};

/// A program without anybody at its outlets: they are printed.
void print_outlets(GraphSpec& spec, operators::LineWriter& lines) {
  for (const GraphSpec::OutletLine& outlet : spec.outlets) {
    const std::string id = "output " + outlet.name;
    graph::with_frame_type(
        outlet.outlet->port().type(), [&]<typename T>(std::type_identity<T> /*kind*/) {
          spec.add(id, std::make_unique<operators::PrintOperator<T>>(outlet.name, lines));
        });
    spec.connect(outlet.from, id + ".in");
  }
  spec.outlets.clear();
}

/// Drives a runner, which sleeps meanwhile, on a thread of its own.
class Drive final : private exec::Runnable {
 public:
  explicit Drive(Runner& runner) : runner_(runner) { thread_.post(*this); }
  [[nodiscard]] std::future<Result<graph::FramesByName>> result() { return done_.get_future(); }

 private:
  void run() noexcept override { done_.set_value(runner_.run({})); }

  Runner& runner_;
  std::promise<Result<graph::FramesByName>> done_;
  exec::ThreadExecutor thread_{"parley-run"};  // last: it uses the others
};

/// Returns when the graph is done or was stopped.
Status wait(Runner& runner, std::ostream& err) {
  const StopSignal stop;
  Drive drive(runner);
  auto result = drive.result();
  bool is_stopped = false;
  while (true) {
    const bool is_done = result.wait_for(kLook) == std::future_status::ready;
    while (const auto event = runner.poll_error()) {
      err << "parley run: node '" << event->node << "': " << event->error.message << '\n';
    }
    if (is_done) break;
    if (!is_stopped && stop.is_raised()) {
      is_stopped = true;
      runner.stop();
    }
  }
  const Result<graph::FramesByName> done = result.get();
  if (done || is_stopped) return {};
  return done.error();
}

/// What a graph runs by: the machine's time or its own.
struct Times {
  explicit Times(bool is_virtual) {
    if (is_virtual) {
      manual = std::make_unique<exec::ManualRuntime>();
    } else {
      thread = std::make_unique<exec::TimerThread>(steady);
    }
  }
  [[nodiscard]] const Clock& clock() const {
    return manual != nullptr ? static_cast<const Clock&>(manual->clock) : steady;
  }
  [[nodiscard]] exec::TimerService& timers() const {
    return manual != nullptr ? static_cast<exec::TimerService&>(manual->timers) : *thread;
  }

  const SteadyClock steady;
  std::unique_ptr<exec::ManualRuntime> manual;
  std::unique_ptr<exec::TimerThread> thread;
};

/// In virtual time no call takes any.
struct Watch {
  Watch(const Times& times, Metrics& metrics)
      : dog({.stall = kStall}, times.clock(), times.timers(), thread, metrics) {}
  exec::ThreadExecutor thread{"parley-watchdog"};
  graph::Watchdog dog;
};

/// Refuses a file that cannot be written before the graph runs.
class ProfileWriter {
 public:
  static Result<ProfileWriter> open(const RunGraphOptions& options, std::ostream& err) {
    ProfileWriter writer(options.profile, err);
    if (options.profile_to.empty()) return writer;
    writer.file_.open(options.profile_to);
    if (writer.file_) return writer;
    return Error{.code = ErrorCode::unavailable,
                 .message = "--profile-to: cannot write " + options.profile_to};
  }
  [[nodiscard]] bool is_wanted() const { return form_ != ProfileForm::none; }
  void write(const graph::Profiler& profiler) {
    std::ostream& out = file_.is_open() ? file_ : err_;
    if (form_ == ProfileForm::table) out << graph::to_table(profiler.report());
    if (form_ == ProfileForm::json) out << graph::to_json(profiler.report());
    if (form_ == ProfileForm::trace) out << profiler.to_chrome_trace();
    out.flush();
  }

 private:
  ProfileWriter(ProfileForm form, std::ostream& err) : form_(form), err_(err) {}

  ProfileForm form_;
  std::ostream& err_;
  std::ofstream file_;
};

}  // namespace

Result<int> check_graph(const GraphFile& file, const RunGraphOptions& options, std::ostream& out) {
  PARLEY_TRY(const Plan plan, plan_of(file, options));
  out << file.file << ": " << plan.nodes().size() << " nodes, " << plan.edges().size()
      << " connections\n";
  return kDone;
}

Result<int> draw_graph(const GraphFile& file, const RunGraphOptions& options, std::ostream& out) {
  PARLEY_TRY(const Plan plan, plan_of(file, options));
  out << graph::dot_text(plan, file.name);
  return kDone;
}

Result<int> run_graph(const GraphFile& file, const RunGraphOptions& options, const Config& config,
                      std::ostream& out, std::ostream& err) {
  PARLEY_TRY_STATUS(plan_of(file, options));  // before any model is loaded
  if (!file.inputs.empty()) {
    return Error{.code = ErrorCode::failed_precondition,
                 .message = file.where(file.inputs[0].line) + ": input '" + file.inputs[0].name +
                            "' is given by a program, and `parley run` is none; use a source, such "
                            "as {operator: file_source, options: {path: …}}"};
  }
  // Before there are threads: a plugin is tried in a fork of this process.
  media::BufferPool plugin_buffers;
  graph::Registry registry;
  for (const std::string& path : options.plugins) {
    PARLEY_TRY_STATUS(graph::load_plugin(registry, plugin_buffers, path));
  }
  PARLEY_TRY(ProfileWriter profile, ProfileWriter::open(options, err));
  Metrics metrics;
  const Times times(options.fast);
  std::unique_ptr<Watch> watch;
  if (!options.fast) watch = std::make_unique<Watch>(times, metrics);
  graph::Profiler profiler(times.steady);

  StreamLines lines(out);
  PARLEY_TRY(const std::unique_ptr<GraphModels> models,
             GraphModels::load(file, config,
                               {.clock = times.clock(),
                                .timers = times.timers(),
                                .metrics = metrics,
                                .executor = options.fast ? &times.manual->executor : nullptr}));
  operators::OperatorBindings bindings = models->bindings();
  bindings.lines = &lines;
  operators::register_all_operators(registry, bindings);
  PARLEY_TRY(GraphSpec spec, graph::build_graph(file, registry));
  print_outlets(spec, lines);
  PARLEY_TRY(const std::unique_ptr<Runner> runner,
             Runner::open(std::move(spec), file.runner,
                          {.clock = times.clock(),
                           .timers = times.timers(),
                           .metrics = metrics,
                           .virtual_time = times.manual.get(),
                           .profiler = profile.is_wanted() ? &profiler : nullptr,
                           .watchdog = watch != nullptr ? &watch->dog : nullptr,
                           .name = file.name}));
  const Status done = wait(*runner, err);
  runner->stop();
  profile.write(profiler);
  PARLEY_TRY_STATUS(done);
  return kDone;
}

}  // namespace parley::cli
