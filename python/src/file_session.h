// SPDX-License-Identifier: Apache-2.0
//
// A graph file as a pipeline: its boundary inputs and outputs are the names, its nodes are
// operators of the box and kinds that Python registered. What `Pipeline.from_file` stands on.
//
// Threads: with the GIL, one at a time; it is released while the engine works.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph_file.h"
#include "graph/runner.h"
#include "profile.h"
#include "py_value.h"

namespace parley::python {

class FileSession {
 public:
  /// `settings`: `node.option=value`. Raises GraphError with the file's line.
  FileSession(const std::string& path, const std::vector<std::string>& settings);
  ~FileSession() { close(); }
  FileSession(const FileSession&) = delete;
  FileSession& operator=(const FileSession&) = delete;

  void set_error_handler(py::object handler);
  void set_profiler(std::shared_ptr<PipelineProfiler> profiler);
  void check();

  py::dict run(const py::dict& inputs);
  void start();
  void push(const py::dict& inputs);
  py::object poll(const std::string& name, double timeout);
  void drain();
  void close();
  void update(const std::string& id, const std::string& kind, const graph::OptionMap& options);
  [[nodiscard]] bool is_open() const { return runner_ != nullptr; }
  [[nodiscard]] std::vector<std::string> ids() const;
  [[nodiscard]] std::vector<std::string> outputs() const;
  py::list take_errors();

 private:
  struct Inlet {
    std::size_t type = 0;
    int rate_hz = 0;
    media::MediaTime next{};  // of frames that nobody gave a time
  };

  graph::GraphSpec build();
  void open();
  std::vector<media::Frame> frames_for(const std::string& name, const py::object& value);
  graph::ErrorPolicy handle(const graph::Failure& failure);
  [[noreturn]] void raise_end(const Error& error);

  graph::GraphFile file_;
  std::map<std::string, Inlet> inlets_;
  Held error_handler_;
  std::shared_ptr<PipelineProfiler> profiler_;  // shared with Python
  std::unique_ptr<graph::Runner> runner_;
  bool is_streaming_ = false;
  std::map<std::string, std::deque<media::Frame>, std::less<>> drained_;
  Held fatal_;  // what an operator of Python raised
};

}  // namespace parley::python
