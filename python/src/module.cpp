// SPDX-License-Identifier: Apache-2.0
//
// What `import parley` finds in C++: the module parley._engine. python/parley/ puts the names that
// users see around it.
#include <algorithm>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "call_context.h"
#include "engine.h"
#include "exec/resource_pool.h"
#include "failure.h"
#include "file_session.h"
#include "frame_types.h"
#include "graph/frame_type.h"
#include "ported_operator.h"
#include "profile.h"
#include "session.h"

namespace parley::python {

namespace {

using PortMap = std::optional<std::map<std::string, std::string>>;

BoxSpec box_of(std::string kind, graph::OptionMap options, PortMap inputs, PortMap outputs,
               std::map<std::string, std::string> kinds) {
  BoxSpec spec{.kind = std::move(kind),
               .options = std::move(options),
               .inputs = std::move(inputs),
               .outputs = std::move(outputs),
               .kinds = std::move(kinds)};
  spec.groups_by_sequence = spec.kind == "multi_stream";
  return spec;
}

void add_session(py::module_& module) {
  py::class_<BoxSpec>(module, "BoxSpec")
      .def(py::init(&box_of), py::arg("kind"), py::arg("options"), py::arg("inputs"),
           py::arg("outputs"), py::arg("kinds"))
      .def_readonly("kind", &BoxSpec::kind)
      .def_readonly("options", &BoxSpec::options);
  py::class_<Session>(module, "Session")
      .def(py::init([](bool is_sync, std::size_t max_queue_size, std::size_t worker_threads,
                       int rate_hz) {
             return std::make_unique<Session>(SessionOptions{.is_sync = is_sync,
                                                             .max_queue_size = max_queue_size,
                                                             .worker_threads = worker_threads,
                                                             .rate_hz = rate_hz});
           }),
           py::arg("is_sync"), py::arg("max_queue_size"), py::arg("worker_threads"),
           py::arg("rate_hz"))
      .def("add_box",
           py::overload_cast<const std::string&, BoxSpec, std::optional<std::string>, std::string>(
               &Session::add))
      .def("add_python", py::overload_cast<const std::string&, py::object,
                                           std::optional<std::string>, std::string>(&Session::add))
      .def("update_box", py::overload_cast<const std::string&, BoxSpec>(&Session::update))
      .def("update_python", py::overload_cast<const std::string&, py::object>(&Session::update))
      .def("ids", &Session::ids)
      .def("set_error_handler", &Session::set_error_handler)
      .def("set_profiler", &Session::set_profiler)
      .def("set_resources", &Session::set_resources)
      .def("check",
           [](Session& self, const std::optional<std::vector<std::string>>& given) {
             if (!given) return self.check(std::nullopt);
             self.check(Names(given->begin(), given->end()));
           })
      .def("run", &Session::run, py::arg("inputs"), py::arg("time"))
      .def("start", &Session::start)
      .def("push", &Session::push, py::arg("inputs"), py::arg("time"))
      .def("poll", &Session::poll, py::arg("timeout"))
      .def("drain", &Session::drain)
      .def("close", &Session::close)
      .def("take_errors", &Session::take_errors)
      .def_property_readonly("is_open", &Session::is_open)
      .def_property_readonly("has_sources", &Session::has_sources)
      .def_property_readonly("unreached", &Session::unreached);
}

/// Tensor engines need the provider tensorrt, and that a GPU.
std::shared_ptr<exec::ResourcePool> make_resources(std::vector<int> cores, std::vector<int> gpus,
                                                   std::size_t tensorrt_engines) {
  exec::ResourcePoolOptions options{.cores = std::move(cores), .gpu_devices = std::move(gpus)};
  if (tensorrt_engines != 0) options.providers["tensorrt"] = tensorrt_engines;
  auto made = exec::ResourcePool::make(options);
  if (!made) raise(made.error());
  return *std::move(made);
}

void add_resources(py::module_& module) {
  py::class_<exec::ResourcePool, std::shared_ptr<exec::ResourcePool>>(module, "ResourceLeases")
      .def(py::init(&make_resources), py::arg("cores"), py::arg("gpu_devices"),
           py::arg("tensorrt_engines"))
      .def_property_readonly(
          "cores_free", [](const exec::ResourcePool& pool) { return pool.stats().cores_free; });
}

void add_file_session(py::module_& module) {
  py::class_<FileSession>(module, "FileSession")
      .def(py::init<const std::string&, const std::vector<std::string>&>())
      .def("ids", &FileSession::ids)
      .def("outputs", &FileSession::outputs)
      .def("set_error_handler", &FileSession::set_error_handler)
      .def("set_profiler", &FileSession::set_profiler)
      .def("check", &FileSession::check)
      .def("run", &FileSession::run, py::arg("inputs"))
      .def("start", &FileSession::start)
      .def("push", &FileSession::push, py::arg("inputs"))
      .def("poll", &FileSession::poll, py::arg("name"), py::arg("timeout"))
      .def("drain", &FileSession::drain)
      .def("close", &FileSession::close)
      .def("update", &FileSession::update)
      .def("take_errors", &FileSession::take_errors)
      .def_property_readonly("is_open", &FileSession::is_open);
}

std::map<std::string, std::size_t> kinds_of(const std::map<std::string, std::string>& ports) {
  std::map<std::string, std::size_t> types;
  for (const auto& [name, word] : ports) {
    const std::optional<std::size_t> type = graph::frame_type_of(word);
    if (!type)
      raise_graph(graph::unknown_name("frame kind", word, graph::frame_type_names()).message);
    types[name] = *type;
  }
  return types;
}

void add_kinds(py::module_& module) {
  module.def("kinds", [] { return Engine::instance().registry().kinds(); });
  module.def("describe", [](const std::string& kind) {
    const graph::KindDescription* const found = Engine::instance().registry().describe(kind);
    if (found == nullptr) raise(Engine::instance().registry().unknown(kind));
    py::list options;
    for (const graph::OptionDescription& option : found->options) {
      options.append(
          py::make_tuple(option.name, option.range, option.preset, option.help, option.required));
    }
    return py::make_tuple(found->summary, options);
  });
  module.def(
      "register_kind",
      [](const std::string& kind, const std::string& summary, py::object make,
         const std::map<std::string, std::string>& inputs,
         const std::map<std::string, std::string>& outputs,
         const std::vector<std::string>& options) {
        PythonKind added{.kind = kind,
                         .summary = summary,
                         .make = hold(std::move(make)),
                         .inputs = kinds_of(inputs),
                         .outputs = kinds_of(outputs),
                         .options = {}};
        for (const std::string& name : options) {
          added.options.push_back({.name = name, .range = "as its class takes it"});
        }
        register_kind(Engine::instance().registry(), std::move(added));
      },
      py::arg("kind"), py::arg("summary"), py::arg("make"), py::arg("inputs"), py::arg("outputs"),
      py::arg("options"));
}

}  // namespace

PYBIND11_MODULE(_engine, module) {
  module.doc() = "Parley's engine; import parley instead.";
  add_frame_types(module);
  add_call_context(module);
  add_profile(module);
  add_resources(module);
  add_session(module);
  add_file_session(module);
  add_kinds(module);
}

}  // namespace parley::python
