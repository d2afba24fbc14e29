// SPDX-License-Identifier: Apache-2.0
#include "profile.h"

#include <algorithm>
#include <memory>

#include <pybind11/stl.h>

#include "graph/profile_report.h"

namespace parley::python {

void PipelineProfiler::add_flows(const std::vector<Exchange::Flow>& flows) {
  for (const Exchange::Flow& flow : flows) {
    if (flows_.emplace(flow.from, flow.to).second) profiler_.add_edge(flow.from, flow.to);
  }
}

namespace {

py::list names_of(const graph::ProfileReport& report) {
  py::list names;
  for (const graph::NodeProfile& node : report.nodes) names.append(node.node);
  return names;
}

}  // namespace

void add_profile(py::module_& module) {
  using graph::Distribution;
  using graph::NodeProfile;
  using graph::ProfileReport;
  py::class_<Distribution>(module, "Distribution", "Of nanoseconds, frames or items.")
      .def_readonly("count", &Distribution::count)
      .def_readonly("mean", &Distribution::mean)
      .def_readonly("p50", &Distribution::p50)
      .def_readonly("p95", &Distribution::p95)
      .def_readonly("p99", &Distribution::p99)
      .def_readonly("max", &Distribution::max);
  py::class_<NodeProfile>(module, "NodeProfile", "What was found of one operator.")
      .def_readonly("operator", &NodeProfile::node)
      .def_readonly("calls", &NodeProfile::calls, "That did something.")
      .def_readonly("count", &NodeProfile::calls, "The same.")
      .def_readonly("polls", &NodeProfile::polls, "That found nothing to do.")
      .def_readonly("errors", &NodeProfile::errors)
      .def_readonly("frames_in", &NodeProfile::frames_in)
      .def_readonly("frames_out", &NodeProfile::frames_out)
      .def_readonly("drops", &NodeProfile::drops)
      .def_readonly("process_ns", &NodeProfile::process_ns)
      .def_readonly("wait_ns", &NodeProfile::wait_ns)
      .def_readonly("depth", &NodeProfile::depth)
      .def_readonly("batch", &NodeProfile::batch);
  py::class_<ProfileReport>(module, "ProfileReport", "`str` of it is a table.")
      .def_property_readonly("elapsed",
                             [](const ProfileReport& report) {
                               return std::chrono::duration<double>(report.elapsed).count();
                             })
      .def_readonly("operators", &ProfileReport::nodes)
      .def_readonly("critical_path", &ProfileReport::critical_path)
      .def_readonly("critical_path_ns", &ProfileReport::critical_path_ns)
      .def("__getitem__",
           [](const ProfileReport& report, const std::string& name) {
             for (const NodeProfile& node : report.nodes) {
               if (node.node == name) return node;
             }
             throw py::key_error(name);
           })
      .def("__contains__",
           [](const ProfileReport& report, const std::string& name) {
             return std::any_of(report.nodes.begin(), report.nodes.end(),
                                [&](const NodeProfile& node) { return node.node == name; });
           })
      .def("__len__", [](const ProfileReport& report) { return report.nodes.size(); })
      .def("__iter__", [](const ProfileReport& report) { return py::iter(names_of(report)); })
      .def("keys", &names_of)
      .def("table", &graph::to_table)
      .def("json", &graph::to_json)
      .def("__str__", &graph::to_table);
  py::class_<PipelineProfiler, std::shared_ptr<PipelineProfiler>>(
      module, "PipelineProfiler", "Measures the pipelines that it is given to.")
      .def(py::init<>())
      .def("report", [](PipelineProfiler& self) { return self.profiler().report(); })
      .def(
          "chrome_trace", [](PipelineProfiler& self) { return self.profiler().to_chrome_trace(); },
          "The last calls in Chrome's trace format (JSON).");
}

}  // namespace parley::python
