// SPDX-License-Identifier: Apache-2.0
//
// A graph that runs. It belongs to one strand and is driven by it: `run` calls the operators that
// have news, in topological order, until nothing is left to do or the budget of steps is spent.
//
//   PARLEY_TRY(Plan plan, Plan::compile(std::move(spec)));
//   PARLEY_TRY(auto pipeline, Pipeline::open(std::move(plan), {clock, timers, waker, metrics}));
//   pipeline->inlet<EncodedAudio>("input").push(frame);
//   const bool more = pipeline->run(kStepsMax);             // in the strand's slice
//   while (!outlet.empty()) send(outlet.pop());
//
// Whatever wakes the strand (a model host, a timer, a mailbox), the next `run` asks every operator
// once; that is why a waker needs no address. Asking one that has nothing costs a few nanoseconds.
//
// Threads: strand; `open` and `close` also from a control thread, before the first and after the
// last run. Allocates: in `open`, `close` and error handling, not in `run`.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/strand.h"
#include "exec/timer.h"
#include "graph/boundary.h"
#include "graph/hot_update.h"
#include "graph/plan.h"
#include "graph/port_scope.h"
#include "graph/tap.h"
#include "graph/watchdog.h"

namespace parley::graph {

class PipelineProfile;
class Profiler;

/// What a pipeline stands on; the references outlive it.
struct PipelineContext {
  const Clock& clock;
  exec::TimerService& timers;
  exec::Waker waker;  // of the strand that calls `run`
  Metrics& metrics;
  Tap* tap = nullptr;
  Profiler* profiler = nullptr;
  Watchdog* watchdog = nullptr;
  std::string name = {};       // of the session or the like, for watchdog and profiles
  StallHandler on_stall = {};  // called on the watchdog's thread
};

struct PipelineCounters {
  std::uint64_t steps = 0;       // calls of `process` that moved something or failed
  std::uint64_t polls = 0;       // calls that found nothing to do
  std::uint64_t errors = 0;      // errors that operators returned, threw, made or reported
  std::uint64_t thrown = 0;      // of these: exceptions
  std::uint64_t misused = 0;     // of these: ports misused, nonsense returned (misuse.h)
  std::uint64_t stalled = 0;     // of these: calls that the watchdog found too long
  std::uint64_t overridden = 0;  // by the error handler: another policy than the node's
  std::uint64_t skipped = 0;     // policies that were carried out
  std::uint64_t restarts = 0;
  std::uint64_t fallbacks = 0;
  std::uint64_t updates = 0;  // operators replaced while it ran
  std::uint64_t updates_refused = 0;
  std::uint64_t errors_lost = 0;  // events that found the errors outlet full
};

/// Error events that nobody took in time, of all graphs.
[[nodiscard]] Counter& errors_lost_counter(Metrics& metrics);

class Pipeline {
 public:
  /// Opens every operator, sources first; when one fails, those opened before are closed again.
  /// Errors: whatever an operator's `open` returns, with the node's name before it.
  static Result<std::unique_ptr<Pipeline>> open(Plan plan, PipelineContext context);
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;
  ~Pipeline();

  /// The boundary by name; a wrong name or type is our own mistake (checked). Look up once.
  template <typename T>
  [[nodiscard]] Inlet<T>& inlet(std::string_view name) {
    return static_cast<Inlet<T>&>(find_inlet(name, frame_index<T>()));
  }
  template <typename T>
  [[nodiscard]] Outlet<T>& outlet(std::string_view name) {
    return static_cast<Outlet<T>&>(find_outlet(name, frame_index<T>()));
  }

  /// Runs until nothing is left to do (false) or `steps_max` productive calls were made (true: call
  /// again). False for ever once it failed or was closed.
  bool run(std::size_t steps_max);

  /// Interruption: from now on frames of older turns are stale. Not inside `run`; never goes back.
  void set_turn(media::Turn now);
  [[nodiscard]] media::Turn turn() const { return scope_.turn; }

  /// Sees every failure before its policy is carried out, and may choose another one. Not inside
  /// `run`; an empty handler changes nothing.
  void set_error_handler(ErrorHandler handler);
  /// See profiler.h; it outlives the pipeline. Null: no longer. `name`: what reports call it, if
  /// not as the context does. Not inside `run`. Allocates.
  void set_profiler(Profiler* profiler, std::string_view name = {});
  /// What the error policies report. Full at kErrorsMax: further events are only counted.
  [[nodiscard]] Outlet<media::ErrorEvent>& errors() { return errors_; }
  static constexpr std::size_t kErrorsMax = 64;
  /// Calls in a row that return `more_output` while nothing at all moves in the pipeline; then it
  /// is an error of that node, because it would keep a core busy for ever.
  static constexpr std::uint32_t kFruitlessMax = 1'000'000;

  /// Hot update (hot_update.h): puts `op` in the place of the operator that runs as node `id`. It
  /// is opened here, taken by the next `run`, and `Update::wait` says how it went. The frames that
  /// wait stay in their queues, which keep their capacity.
  /// Errors: not_found; invalid_argument when the ports differ (the message names the difference);
  /// what `open` returns or throws. Threads: any but the strand; the pipeline outlives the call.
  Result<std::shared_ptr<Update>> update(std::string_view id, std::unique_ptr<Operator> op);
  /// Frees operators that were replaced, and for which nobody waited. `update`, `close` and the
  /// destructor do so too. Threads: any but the strand.
  void collect() noexcept;

  [[nodiscard]] bool failed() const { return failed_; }
  /// Why, with the node's name. REQUIRES: failed().
  [[nodiscard]] const Error& failure() const { return failure_; }
  [[nodiscard]] bool finished() const;  // every operator said so
  /// True when the session took frames from outlets, so that an operator that was blocked can go
  /// on: `run` again.
  [[nodiscard]] bool has_news() const { return !scope_.ready.empty(); }
  /// True while an operator says so, or waits to be restarted.
  [[nodiscard]] bool is_busy() const;
  [[nodiscard]] const PipelineCounters& counters() const { return counters_; }
  /// The operator that runs as node `id` now, or null: for reports and tests.
  [[nodiscard]] Operator* find(std::string_view id);

  /// Closes every operator, sinks first. Called by the destructor; twice is fine.
  void close() noexcept;

 private:
  class Context;
  struct Node;

  Pipeline(Plan plan, PipelineContext context);
  Status open_nodes();
  void count_batch(Node& node, std::size_t items, std::optional<Nanos> waited) noexcept;
  InletBase& find_inlet(std::string_view name, std::size_t type);
  OutletBase& find_outlet(std::string_view name, std::size_t type);

  bool step(std::size_t index);
  Result<Progress> call_process(Operator& op);
  void note_misuse(Result<Progress>& result);
  Status call_open(Node& node);
  bool stand_by(Node& node);
  bool note_progress(Node& node, Progress progress, bool moved);
  bool note_more_output(Node& node, bool moved);
  void note_finished(Node& node);
  void rest();
  void clear_due_wakes();
  void schedule_wake();

  // error_policy.cpp
  void recover(Node& node, const Error& error, bool moved);
  ErrorPolicy policy_for(const Node& node, const Error& error, std::exception_ptr thrown);
  void report(const Node& node, const Error& error);
  void skip_frame(Node& node, bool moved);
  void restart(Node& node, const Error& error);
  void reopen(Node& node);
  void fall_back(Node& node, const Error& error);
  void fail(const Node& node, const Error& error);
  void attach(Node& node);
  void attach_ports(Node& node, Operator& op) noexcept;

  // hot_update.cpp
  void take_updates();
  void take_update(Update& update);
  Status call_adopt(Node& node, Operator& next);
  void refuse_updates();
  std::unique_ptr<Operator> put_in_place(Node& node, std::unique_ptr<Operator> next);

  PortScope scope_;
  PipelineContext context_;
  std::unique_ptr<Context> process_context_;
  std::vector<std::unique_ptr<InletBase>> inlets_;
  std::vector<std::unique_ptr<OutletBase>> outlets_;
  std::vector<Node> nodes_;
  NodeSet everyone_;
  std::vector<Plan::Edge> edges_;
  BoundaryOperator errors_owner_;
  Out<media::ErrorEvent> errors_in_{errors_owner_, "errors"};
  Outlet<media::ErrorEvent> errors_{"errors", {.capacity = kErrorsMax}};
  PipelineCounters counters_;
  Counter& errors_lost_;
  ErrorHandler error_handler_;
  PipelineProfile* profile_ = nullptr;  // null without a profiler
  std::exception_ptr thrown_;           // by the last call, until it is handled
  std::shared_ptr<Activity> activity_;  // shared with the watchdog; null without one

  std::size_t cursor_ = 0;  // where the sweep over the nodes stands
  bool wakes_wanted_ = false;
  Instant wake_scheduled_ = Instant::never();
  exec::TimerService::Id wake_id_ = 0;
  bool failed_ = false;
  Error failure_;
  std::atomic<bool> closed_{false};
  std::atomic<media::Turn> shared_turn_{media::kAnyTurn};  // for operators opened beside
  UpdateStack updates_;                                    // asked for, not taken
  UpdateStack replaced_;  // taken; their operators wait to be freed
};

}  // namespace parley::graph
