// SPDX-License-Identifier: Apache-2.0
#include "cli/run_graph.h"

#include <chrono>
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
#include "graph/runner.h"
#include "operators/flow/print_operator.h"

namespace parley::cli {
namespace {

using graph::GraphFile;
using graph::GraphSpec;
using graph::Plan;
using graph::Runner;

// How often a running graph is looked after: errors are shown, a signal is heard.
constexpr std::chrono::milliseconds kLook{20};

Result<Plan> plan_of(const GraphFile& file) {
  const DescribedOperators operators;
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

}  // namespace

Result<int> check_graph(const GraphFile& file, std::ostream& out) {
  PARLEY_TRY(const Plan plan, plan_of(file));
  out << file.file << ": " << plan.nodes().size() << " nodes, " << plan.edges().size()
      << " connections\n";
  return kDone;
}

Result<int> draw_graph(const GraphFile& file, std::ostream& out) {
  PARLEY_TRY(const Plan plan, plan_of(file));
  out << graph::dot_text(plan, file.name);
  return kDone;
}

Result<int> run_graph(const GraphFile& file, const RunGraphOptions& options, const Config& config,
                      std::ostream& out, std::ostream& err) {
  PARLEY_TRY_STATUS(plan_of(file));  // before any model is loaded
  if (!file.inputs.empty()) {
    return Error{.code = ErrorCode::failed_precondition,
                 .message = file.where(file.inputs[0].line) + ": input '" + file.inputs[0].name +
                            "' is given by a program, and `parley run` is none; use a source, such "
                            "as {operator: file_source, options: {path: …}}"};
  }
  Metrics metrics;
  const SteadyClock steady;
  std::unique_ptr<exec::TimerThread> timers;
  std::unique_ptr<exec::ManualRuntime> virtual_time;
  if (options.fast) {
    virtual_time = std::make_unique<exec::ManualRuntime>();
  } else {
    timers = std::make_unique<exec::TimerThread>(steady);
  }
  const Clock& clock = options.fast ? static_cast<const Clock&>(virtual_time->clock) : steady;
  exec::TimerService& timer_service =
      options.fast ? static_cast<exec::TimerService&>(virtual_time->timers) : *timers;

  StreamLines lines(out);
  PARLEY_TRY(const std::unique_ptr<GraphModels> models,
             GraphModels::load(file, config,
                               {.clock = clock,
                                .timers = timer_service,
                                .metrics = metrics,
                                .executor = options.fast ? &virtual_time->executor : nullptr}));
  graph::Registry registry;
  operators::OperatorBindings bindings = models->bindings();
  bindings.lines = &lines;
  operators::register_all_operators(registry, bindings);
  PARLEY_TRY(GraphSpec spec, graph::build_graph(file, registry));
  print_outlets(spec, lines);
  PARLEY_TRY(const std::unique_ptr<Runner> runner,
             Runner::open(std::move(spec), file.runner,
                          {.clock = clock,
                           .timers = timer_service,
                           .metrics = metrics,
                           .virtual_time = virtual_time.get()}));
  PARLEY_TRY_STATUS(wait(*runner, err));
  return kDone;
}

}  // namespace parley::cli
