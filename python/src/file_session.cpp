// SPDX-License-Identifier: Apache-2.0
#include "file_session.h"

#include <algorithm>
#include <chrono>
#include <type_traits>
#include <utility>
#include <variant>

#include "convert.h"
#include "engine.h"
#include "failure.h"
#include "graph/graph_build.h"
#include "graph/plan.h"

namespace parley::python {

using media::Frame;

FileSession::FileSession(const std::string& path, const std::vector<std::string>& settings) {
  auto file = graph::read_graph_file(path);
  if (!file) raise(file.error());
  file_ = *std::move(file);
  for (const std::string& setting : settings) {
    raise_unless(graph::set_option(file_, setting));
  }
  for (const graph::GraphFile::Input& input : file_.inputs) {
    inlets_[input.name] = {.type = input.type, .rate_hz = input.format.rate_hz};
  }
}

graph::GraphSpec FileSession::build() {
  Engine& engine = Engine::instance();
  for (const graph::GraphFile::Node& node : file_.nodes) {
    raise_unless(engine.prepare(node.kind.name));
  }
  auto spec = graph::build_graph(file_, engine.registry());
  if (!spec) raise(spec.error());
  return *std::move(spec);
}

void FileSession::check() {
  const auto plan = graph::Plan::compile(build());
  if (!plan) raise(plan.error());
}

void FileSession::open() {
  Engine& engine = Engine::instance();
  graph::GraphSpec spec = build();
  graph::RunnerContext context = engine.context();
  context.name = file_.name;
  if (profiler_ != nullptr) context.profiler = &profiler_->profiler();
  fatal_.reset();
  for (auto& [name, inlet] : inlets_) inlet.next = {};
  runner_ = Engine::open(std::move(spec), file_.runner, std::move(context),
                         [this](const graph::Failure& failure) { return handle(failure); });
}

std::vector<Frame> FileSession::frames_for(const std::string& name, const py::object& value) {
  const auto found = inlets_.find(name);
  if (found == inlets_.end()) {
    std::string text;
    for (const auto& [other, inlet] : inlets_) text += (text.empty() ? "" : ", ") + other;
    raise({.code = ErrorCode::not_found,
           .message = "there is no input '" + name + "'; inputs: " + text});
  }
  Inlet& inlet = found->second;
  ConvertOptions options;
  if (inlet.rate_hz != 0) options.rate_hz = inlet.rate_hz;
  std::vector<Frame> frames = to_kind(to_frame(value), inlet.type, options);
  for (Frame& frame : frames) {
    std::visit(
        [&](auto& kind) {
          if (kind.head.pts == kNoTime) kind.head.pts = inlet.next;
          inlet.next = kind.head.pts + kind.head.duration;
        },
        frame);
  }
  return frames;
}

py::dict FileSession::run(const py::dict& inputs) {
  if (is_streaming_) {
    raise({.code = ErrorCode::failed_precondition,
           .message = "the pipeline was started: push and poll, or stop() it first"});
  }
  close();
  open();  // a run is a stream from beginning to end
  graph::FramesByName frames;
  for (const auto& [name, value] : inputs) {
    const auto key = name.cast<std::string>();
    frames[key] = frames_for(key, py::reinterpret_borrow<py::object>(value));
    if (frames[key].empty()) continue;
    std::visit([](auto& kind) { kind.head.is_last = true; }, frames[key].back());
  }
  const auto result = [&] {
    const py::gil_scoped_release released;
    return runner_->run(std::move(frames));
  }();
  if (!result) raise_end(result.error());
  close();
  py::dict outputs;
  for (const auto& [name, values] : *result) {
    py::list all;
    for (const Frame& frame : values) all.append(to_python(frame));
    outputs[py::str(name)] = values.size() == 1 ? py::object(all[0]) : py::object(all);
  }
  return outputs;
}

void FileSession::start() {
  close();
  open();
  is_streaming_ = true;
}

void FileSession::push(const py::dict& inputs) {
  if (runner_ == nullptr || !is_streaming_) {
    raise({.code = ErrorCode::failed_precondition, .message = "start() the pipeline first"});
  }
  for (const auto& [name, value] : inputs) {
    const auto key = name.cast<std::string>();
    for (Frame& frame : frames_for(key, py::reinterpret_borrow<py::object>(value))) {
      const Status pushed = [&] {
        const py::gil_scoped_release released;
        return runner_->push(key, std::move(frame));
      }();
      if (!pushed && runner_->failed()) raise_end(pushed.error());
      raise_unless(pushed);
    }
  }
  free_dropped();
}

py::object FileSession::poll(const std::string& name, double timeout) {
  if (std::none_of(file_.outputs.begin(), file_.outputs.end(),
                   [&](const auto& output) { return output.name == name; })) {
    std::string text;
    for (const std::string& other : outputs()) text += (text.empty() ? "" : ", ") + other;
    raise({.code = ErrorCode::not_found,
           .message = "there is no output '" + name + "'; outputs: " + text});
  }
  std::deque<Frame>& drained = drained_[name];
  if (!drained.empty()) {
    const Frame frame = std::move(drained.front());
    drained.pop_front();
    return to_python(frame);
  }
  if (runner_ == nullptr || !is_streaming_) return py::none();
  const Instant until = Engine::instance().clock().now() +
                        std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(timeout));
  const auto frame = [&] {
    const py::gil_scoped_release released;
    return runner_->poll_until(name, until);
  }();
  free_dropped();
  if (frame) return to_python(*frame);
  if (runner_->failed()) raise_end(runner_->failure());
  return py::none();
}

void FileSession::drain() {
  if (runner_ == nullptr || !is_streaming_) return;
  auto result = [&] {
    const py::gil_scoped_release released;
    return runner_->run({});
  }();
  if (!result) return;  // poll raises it
  for (auto& [name, frames] : *result) {
    for (Frame& frame : frames) drained_[name].push_back(std::move(frame));
  }
}

void FileSession::close() {
  is_streaming_ = false;
  if (runner_ == nullptr) return;
  {
    const py::gil_scoped_release released;
    runner_.reset();
  }
  free_dropped();
}

void FileSession::update(const std::string& id, const std::string& kind,
                         const graph::OptionMap& options) {
  auto made = Engine::instance().make(kind, options);
  if (!made) raise(made.error());
  if (runner_ == nullptr) {
    raise({.code = ErrorCode::failed_precondition, .message = "start() the pipeline first"});
  }
  raise_unless([&] {
    const py::gil_scoped_release released;
    return runner_->update_operator(id, *std::move(made));
  }());
}

std::vector<std::string> FileSession::ids() const {
  std::vector<std::string> all;
  for (const graph::GraphFile::Node& node : file_.nodes) all.push_back(node.id);
  return all;
}

std::vector<std::string> FileSession::outputs() const {
  std::vector<std::string> all;
  for (const graph::GraphFile::Output& output : file_.outputs) all.push_back(output.name);
  return all;
}

void FileSession::set_error_handler(py::object handler) {
  error_handler_ = handler.is_none() ? nullptr : hold(std::move(handler));
}

void FileSession::set_profiler(std::shared_ptr<PipelineProfiler> profiler) {
  profiler_ = std::move(profiler);
}

graph::ErrorPolicy FileSession::handle(const graph::Failure& failure) {
  Held handler;
  {
    const py::gil_scoped_acquire gil;
    handler = error_handler_;
  }
  const Verdict verdict = ask_handler(handler, std::string(failure.node), failure);
  if (verdict.policy == graph::ErrorPolicy::fail_session) fatal_ = exception_in(failure);
  return verdict.policy;
}

void FileSession::raise_end(const Error& error) {
  const Held fatal = fatal_;
  close();
  if (fatal != nullptr) raise_held(fatal);
  raise(error);
}

py::list FileSession::take_errors() {
  py::list all;
  if (runner_ == nullptr) return all;
  while (const std::optional<media::ErrorEvent> event = runner_->poll_error()) {
    all.append(py::cast(*event));
  }
  return all;
}

}  // namespace parley::python
