// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <utility>

#include "convert.h"
#include "engine.h"
#include "failure.h"
#include "session.h"

namespace parley::python {

using graph::Runner;

namespace {

std::vector<ActivationPtr> activations_in(const graph::FramesByName& frames, const char* outlet) {
  std::vector<ActivationPtr> all;
  const auto found = frames.find(outlet);
  if (found == frames.end()) return all;
  for (const media::Frame& frame : found->second) {
    all.push_back(activation_of(std::get<media::Opaque>(frame)));
  }
  return all;
}

}  // namespace

ActivationPtr Session::begin(const py::dict& inputs, std::optional<double> time) {
  const ActivationPtr activation = exchange_->make();
  if (time) activation->time = media_time_of(*time);
  for (const auto& [name, value] : inputs) {
    activation->slots[name.cast<std::string>()].value =
        to_frame(py::reinterpret_borrow<py::object>(value));
  }
  return activation;
}

py::dict Session::run(const py::dict& inputs, std::optional<double> time) {
  if (is_streaming_) {
    raise({.code = ErrorCode::failed_precondition,
           .message = "the pipeline was started: push and poll, or stop() it first"});
  }
  const bool has_box = std::any_of(entries_.begin(), entries_.end(), [](const auto& entry) {
    return std::holds_alternative<BoxSpec>(entry->op);
  });
  Names given;
  for (const auto& [name, value] : inputs) given.insert(name.cast<std::string>());
  if (checked_for_ != given) {
    check(given);
    checked_for_ = std::move(given);
  }
  if (runner_ == nullptr) {
    open(true);
    exchange_->tell_when_quiet();
  }
  const ActivationPtr activation = begin(inputs, time);
  activation->is_one_shot = true;
  graph::FramesByName frames;
  frames[kInlet].emplace_back(to_frame(activation));
  const auto result = [&] {
    const py::gil_scoped_release released;
    return runner_->run(std::move(frames));
  }();
  free_dropped();
  add_flows();
  if (!result) raise_end(result.error());
  const std::vector<ActivationPtr> over = activations_in(*result, kOutlet);
  if (has_box) close();
  for (const ActivationPtr& one : over) raise_failure(one);
  note_unreached(over);
  return outputs_of(over);
}

void Session::push(const py::dict& inputs, std::optional<double> time) {
  Runner& runner = opened();
  media::Opaque frame = to_frame(begin(inputs, time));
  const Status pushed = [&] {
    const py::gil_scoped_release released;
    return runner.push(kInlet, std::move(frame));
  }();
  free_dropped();
  if (!pushed && runner.failed()) raise_end(pushed.error());
  raise_unless(pushed);
}

py::object Session::poll(double timeout) {
  const Instant until = Engine::instance().clock().now() +
                        std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(timeout));
  while (true) {
    ActivationPtr next;
    if (!drained_.empty()) {
      next = std::move(drained_.front());
      drained_.pop_front();
    } else if (runner_ != nullptr && is_streaming_) {
      const py::gil_scoped_release released;
      const std::optional<media::Frame> frame = runner_->poll_until(kOutlet, until);
      if (frame) next = activation_of(std::get<media::Opaque>(*frame));
    }
    free_dropped();
    if (next == nullptr) {
      if (runner_ != nullptr && runner_->failed()) raise_end(runner_->failure());
      return py::none();
    }
    raise_failure(next);
    py::dict outputs = outputs_of({next});
    if (!outputs.empty()) return outputs;
  }
}

void Session::drain() {
  static_cast<void>(opened());
  exchange_->tell_when_quiet();
  if (!drain_with({})) return;
  for (const auto& entry : entries_) {
    const Held* const op = std::get_if<Held>(&entry->op);
    if (op == nullptr || !py::hasattr(object_of(*op), "on_stop")) continue;
    const ActivationPtr last = exchange_->make();
    last->begun_for = entry->place.member;
    last->method = "on_stop";
    graph::FramesByName frames;
    frames[kInlet].emplace_back(to_frame(last));
    if (!drain_with(std::move(frames))) return;
  }
}

/// False when the graph has failed: poll raises it.
bool Session::drain_with(graph::FramesByName frames) {
  const auto result = [&] {
    const py::gil_scoped_release released;
    return runner_->run(std::move(frames));
  }();
  if (!result) return false;
  for (ActivationPtr& one : activations_in(*result, kOutlet)) drained_.push_back(std::move(one));
  return true;
}

}  // namespace parley::python
