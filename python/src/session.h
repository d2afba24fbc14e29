// SPDX-License-Identifier: Apache-2.0
//
// A pipeline of names: what Python's `Pipeline` stands on. Holds the operators, makes a graph of
// them, and runs it with graph::Runner.
//
//   inlet → "<in>" → each operator → "<out>" → outlet
//
// `run` of a pipeline with operators of the box opens a new graph each time, so that one run is a
// stream from beginning to end; otherwise the graph stays open.
//
// Threads: with the GIL, one at a time (pipeline.py has a lock); it is released while the engine
// works.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "box.h"
#include "exchange.h"
#include "exec/resource_pool.h"
#include "graph/runner.h"
#include "profile.h"
#include "py_value.h"
#include "python_operator.h"

namespace parley::python {

struct SessionOptions {
  bool is_sync = true;
  std::size_t max_queue_size = graph::kMaxQueueSizeDefault;
  std::size_t worker_threads = 0;
  int rate_hz = 16'000;  // of arrays that are audio
};

class Session {
 public:
  explicit Session(const SessionOptions& options) : options_(options) {}
  ~Session() { close(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// `policy`: of the engine, or none: what Python raises ends the activation and is raised.
  void add(const std::string& id, py::object op, std::optional<std::string> policy,
           std::string segment);
  void add(const std::string& id, BoxSpec box, std::optional<std::string> policy,
           std::string segment);
  void update(const std::string& id, py::object op);
  void update(const std::string& id, BoxSpec box);
  [[nodiscard]] std::vector<std::string> ids() const;

  void set_error_handler(py::object handler);
  void set_profiler(std::shared_ptr<PipelineProfiler> profiler);
  /// With scheduler async, its threads run on cores leased from `resources`. Null: on any.
  void set_resources(std::shared_ptr<exec::ResourcePool> resources);
  /// Raises GraphError. `given`: the names that come from outside, if they are known.
  void check(const std::optional<Names>& given);

  py::dict run(const py::dict& inputs, std::optional<double> time);
  /// Opens it for push and poll.
  void start();
  void push(const py::dict& inputs, std::optional<double> time);
  /// The outputs of the next activation that has any, or None. Raises what an operator raised.
  py::object poll(double timeout);
  /// Until nothing moves any more; then calls `on_stop` of operators that have it, and waits again.
  /// What comes out can be polled.
  void drain();
  /// Ends everything, now.
  void close();
  [[nodiscard]] bool is_open() const { return runner_ != nullptr; }
  [[nodiscard]] bool has_sources() const;
  /// The operators that the last run did not reach, and for want of what.
  [[nodiscard]] const std::map<std::string, std::string>& unreached() const { return unreached_; }
  /// What error policies reported since the last call.
  py::list take_errors();

 private:
  static constexpr const char* kInlet = "activations";
  static constexpr const char* kOutlet = "results";

  struct Entry {
    Place place;
    std::variant<Held, BoxSpec> op;
    std::optional<std::string> policy;
    std::string segment;
    Box box{};
  };

  void open(bool is_one_shot);
  void add_python(graph::GraphSpec& graph, Entry& entry, std::size_t& ran);
  graph::ErrorPolicy handle(const graph::Failure& failure);
  [[nodiscard]] Entry& find(const std::string& id);
  ActivationPtr begin(const py::dict& inputs, std::optional<double> time);
  [[nodiscard]] static py::dict outputs_of(const std::vector<ActivationPtr>& activations);
  void note_unreached(const std::vector<ActivationPtr>& activations);
  void raise_failure(const ActivationPtr& activation);
  [[noreturn]] void raise_end(const Error& error);
  void add_flows();
  bool drain_with(graph::FramesByName frames);
  graph::Runner& opened();

  const SessionOptions options_;
  std::vector<std::unique_ptr<Entry>> entries_;  // in the order of adding; places do not move
  Held error_handler_;
  std::shared_ptr<PipelineProfiler> profiler_;               // shared with Python
  std::shared_ptr<exec::ResourcePool> resources_;            // likewise
  std::map<std::string, std::size_t, std::less<>> members_;  // by node
  std::map<std::string, Entry*, std::less<>> owners_;        // by node
  std::vector<std::string> member_ids_;
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<graph::Runner> runner_;
  bool is_streaming_ = false;
  std::optional<Names> checked_for_;  // the inputs of runs that were found right
  std::deque<ActivationPtr> drained_;
  std::map<std::string, std::string> unreached_;
  Held fatal_;  // raised by an operator whose policy is `fail`
};

}  // namespace parley::python
