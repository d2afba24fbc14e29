// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <algorithm>
#include <utility>

#include "declared.h"
#include "engine.h"
#include "failure.h"

namespace parley::python {

// --- what it is made of --------------------------------------------------------------------------

void Session::add(const std::string& id, py::object op, std::optional<std::string> policy,
                  std::string segment) {
  auto entry = std::make_unique<Entry>();
  entry->place.id = id;
  entry->op = hold(std::move(op));
  if (policy) static_cast<void>(policy_of(*policy));
  entry->policy = std::move(policy);
  entry->segment = std::move(segment);
  if (!is_streaming_) close();
  checked_for_.reset();
  entries_.push_back(std::move(entry));
}

void Session::add(const std::string& id, BoxSpec box, std::optional<std::string> policy,
                  std::string segment) {
  auto made = Engine::instance().make(box.kind, box.options);
  if (!made) raise(made.error().with_context("operator '" + id + "'"));
  const auto ports = resolve_ports(box, **made, id);
  if (!ports) raise(ports.error());
  add(id, py::none(), std::move(policy), std::move(segment));
  entries_.back()->op = std::move(box);
}

std::vector<std::string> Session::ids() const {
  std::vector<std::string> all;
  for (const auto& entry : entries_) all.push_back(entry->place.id);
  return all;
}

Session::Entry& Session::find(const std::string& id) {
  for (const auto& entry : entries_) {
    if (entry->place.id == id) return *entry;
  }
  std::string text;
  for (const std::string& other : ids()) text += (text.empty() ? "" : ", ") + other;
  raise({.code = ErrorCode::not_found,
         .message = "there is no operator '" + id + "'; operators: " + text});
}

bool Session::has_sources() const {
  return std::any_of(entries_.begin(), entries_.end(), [](const auto& entry) {
    return std::holds_alternative<BoxSpec>(entry->op) && entry->box.feeds.empty();
  });
}

void Session::set_error_handler(py::object handler) {
  error_handler_ = handler.is_none() ? nullptr : hold(std::move(handler));
}

void Session::set_profiler(std::shared_ptr<PipelineProfiler> profiler) {
  profiler_ = std::move(profiler);
  if (!is_streaming_) close();
}

void Session::set_resources(std::shared_ptr<exec::ResourcePool> resources) {
  resources_ = std::move(resources);
  if (!is_streaming_) close();
}

void Session::check(const std::optional<Names>& given) {
  std::vector<DeclaredOperator> declared;
  for (const auto& entry : entries_) {
    DeclaredOperator one;
    one.id = entry->place.id;
    if (const BoxSpec* const box = std::get_if<BoxSpec>(&entry->op)) {
      auto made = Engine::instance().make(box->kind, box->options);
      if (!made) raise(made.error());
      const auto ports = resolve_ports(*box, **made, one.id);
      if (!ports) raise(ports.error());
      for (const auto& [port, name] : ports->inputs) one.reads.insert(name);
      for (const auto& [port, name] : ports->outputs) one.writes.insert(name);
      one.has_lists = true;
    } else {
      const OperatorLists lists = lists_of(object_of(std::get<Held>(entry->op)));
      one.has_lists = lists.has_both;
      one.reads = lists.inputs;
      one.writes = lists.outputs;
    }
    declared.push_back(std::move(one));
  }
  const Status checked = check_declared(declared, given);
  if (!checked) raise_graph(checked.error().message);
}

// --- life ----------------------------------------------------------------------------------------

void Session::start() {
  close();
  check(std::nullopt);
  open(false);
  is_streaming_ = true;
}

void Session::close() {
  if (runner_ == nullptr) return;
  add_flows();
  {
    const py::gil_scoped_release released;
    runner_.reset();
  }
  exchange_.reset();
  is_streaming_ = false;
  free_dropped();
}

graph::Runner& Session::opened() {
  if (runner_ == nullptr || !is_streaming_) {
    raise({.code = ErrorCode::failed_precondition, .message = "start() the pipeline first"});
  }
  return *runner_;
}

void Session::add_flows() {
  if (profiler_ != nullptr && exchange_ != nullptr) profiler_->add_flows(exchange_->flows());
}

}  // namespace parley::python
