// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "ends.h"
#include "engine.h"
#include "failure.h"
#include "session.h"

namespace parley::python {

using graph::ErrorPolicy;

namespace {

constexpr const char* kEntry = "<in>";
constexpr const char* kExit = "<out>";

}  // namespace

void Session::open(bool is_one_shot) {
  Engine& engine = Engine::instance();
  exchange_ = std::make_unique<Exchange>(
      Exchange::Options{.is_serial = options_.is_sync, .activations_max = options_.max_queue_size});
  members_.clear();
  owners_.clear();
  fatal_.reset();
  graph::GraphSpec graph;
  graph.add(kEntry, std::make_unique<EntryOperator>(*exchange_));
  graph.inlet<media::Opaque>(kInlet, std::string(kEntry) + "." + kInlet);
  std::size_t ran = 0;
  for (const auto& entry : entries_) {
    const std::string& id = entry->place.id;
    owners_[id] = entry.get();
    if (const BoxSpec* const spec = std::get_if<BoxSpec>(&entry->op)) {
      auto made = engine.make(spec->kind, spec->options);
      if (!made) raise(made.error().with_context("operator '" + id + "'"));
      entry->box = {.waits_until_idle = is_one_shot};
      graph::NodeOptions options{.segment = entry->segment};
      if (entry->policy) options.on_error = policy_of(*entry->policy);
      std::vector<std::size_t> members;
      raise_unless(add_box(graph, *spec, id, *std::move(made), std::move(options), entry->box,
                           *exchange_, options_.rate_hz, members));
      for (const std::size_t member : members) {
        members_[exchange_->member(member).id] = member;
        owners_[exchange_->member(member).id] = entry.get();
      }
    } else {
      add_python(graph, *entry, ran);
    }
  }
  member_ids_.clear();
  for (std::size_t i = 0; i < exchange_->size(); ++i) {
    member_ids_.push_back(exchange_->member(i).id);
  }
  graph.add(kExit, std::make_unique<ExitOperator>(*exchange_, ran));
  graph.outlet<media::Opaque>(kOutlet, std::string(kExit) + "." + kOutlet);
  graph::RunnerContext context = engine.context();
  context.resources = resources_.get();
  if (profiler_ != nullptr) context.profiler = &profiler_->profiler();
  const graph::RunnerOptions options{
      .scheduler = options_.is_sync ? graph::SchedulerType::sync : graph::SchedulerType::async,
      .max_queue_size = options_.max_queue_size,
      .worker_threads = options_.worker_threads};
  runner_ = Engine::open(std::move(graph), options, std::move(context),
                         [this](const graph::Failure& failure) { return handle(failure); });
}

void Session::add_python(graph::GraphSpec& graph, Entry& entry, std::size_t& ran) {
  const std::string& id = entry.place.id;
  const py::object op = object_of(std::get<Held>(entry.op));
  const OperatorLists lists = lists_of(op);
  entry.place.member = exchange_->add_member({.id = id,
                                              .needs = lists.asked,
                                              .reads = lists.asked,
                                              .writes = lists.told,
                                              .has_lists = lists.has_both});
  members_[id] = entry.place.member;
  graph::NodeOptions options{.on_error = ErrorPolicy::skip_frame, .segment = entry.segment};
  if (entry.policy) options.on_error = policy_of(*entry.policy);
  const std::string port = "ran" + std::to_string(ran++);
  graph.add(id, std::make_unique<PythonOperator>(op, entry.place, *exchange_), std::move(options));
  graph.connect(std::string(kEntry) + "." + kInlet, id + "." + kInlet);
  graph.connect(id + ".ran", std::string(kExit) + "." + port);
}

}  // namespace parley::python
