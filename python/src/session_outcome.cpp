// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "convert.h"
#include "failure.h"
#include "session.h"

namespace parley::python {

using graph::ErrorPolicy;

namespace {

/// The operator that a node belongs to: feeds and collectors are called after it.
std::string owner_id(std::string_view node) {
  return std::string(node.substr(0, node.find_first_of("<>")));
}

}  // namespace

py::dict Session::outputs_of(const std::vector<ActivationPtr>& activations) {
  std::map<std::string, std::vector<const media::Frame*>> values;
  for (const ActivationPtr& activation : activations) {
    for (const auto& [name, slot] : activation->slots) {
      if (slot.writer >= 0 && !slot.is_read) values[name].push_back(&slot.value);
    }
  }
  py::dict outputs;
  for (const auto& [name, frames] : values) {
    py::list all;
    for (const media::Frame* frame : frames) all.append(to_python(*frame));
    outputs[py::str(name)] = frames.size() == 1 ? py::object(all[0]) : py::object(all);
  }
  return outputs;
}

void Session::note_unreached(const std::vector<ActivationPtr>& activations) {
  Names reached;
  unreached_.clear();
  for (const ActivationPtr& activation : activations) {
    for (std::size_t i = 0; i < activation->parts.size(); ++i) {
      const Part& part = activation->parts[i];
      const std::string id = owner_id(member_ids_[i]);
      if (part.state == Part::State::settled) reached.insert(id);
      if (part.state == Part::State::unreached && !part.missing.empty() && part.missing != "\n") {
        unreached_[id] = part.missing;
      }
    }
  }
  for (const std::string& id : reached) unreached_.erase(id);
  if (!reached.empty() || unreached_.empty()) return;
  std::string text = "no operator could run";
  for (const auto& [id, name] : unreached_) {
    text += (&name == &unreached_.begin()->second ? ": '" : "; '") + id + "' asks for '" + name +
            "', which nobody gives";
  }
  raise_graph(text);
}

// --- errors --------------------------------------------------------------------------------------

ErrorPolicy Session::handle(const graph::Failure& failure) {
  const auto owner = owners_.find(failure.node);
  const auto member = members_.find(failure.node);
  Held handler;
  {
    const py::gil_scoped_acquire gil;
    handler = error_handler_;
    if (owner != owners_.end() && owner->second->place.error_handler != nullptr) {
      handler = owner->second->place.error_handler;
    }
  }
  const Verdict verdict = ask_handler(handler, owner_id(failure.node), failure);
  const bool has_policy = owner != owners_.end() && owner->second->policy.has_value();
  if (verdict.policy == ErrorPolicy::fail_session) fatal_ = verdict.exception;
  if (member != members_.end()) {
    exchange_->settle_failed(member->second, verdict.is_handled || has_policy, verdict.exception);
  }
  return verdict.policy;
}

void Session::raise_failure(const ActivationPtr& activation) {
  if (!activation->failed) return;
  raise_held(activation->exception);
}

/// The graph has ended: with what an operator raised, if that was why.
void Session::raise_end(const Error& error) {
  const Held fatal = fatal_;
  close();
  if (fatal != nullptr) raise_held(fatal);
  raise(error);
}

py::list Session::take_errors() {
  py::list all;
  if (runner_ == nullptr) return all;
  while (std::optional<media::ErrorEvent> event = runner_->poll_error()) {
    event->node = owner_id(event->node);
    all.append(py::cast(*std::move(event)));
  }
  return all;
}

}  // namespace parley::python
