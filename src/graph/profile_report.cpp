// SPDX-License-Identifier: Apache-2.0
#include "graph/profile_report.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <map>
#include <string_view>

#include "base/json_text.h"

namespace parley::graph {
namespace {

constexpr std::size_t kNameBytesMax = 200;

/// "812 ns", "3.41 us", "12.3 ms", "1.50 s": three digits.
std::string time_text(double nanos) {
  constexpr std::array<std::pair<double, const char*>, 3> kUnits{
      {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}}};
  std::array<char, 32> text{};
  for (const auto& [size, unit] : kUnits) {
    if (nanos < size * 0.9995) continue;
    const double value = nanos / size;
    const int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    (void)std::snprintf(text.data(), text.size(), "%.*f %s", digits, value, unit);
    return text.data();
  }
  (void)std::snprintf(text.data(), text.size(), "%.0f ns", nanos);
  return text.data();
}

std::string number_text(double value, int digits) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

using Row = std::vector<std::string>;

const Row& table_head() {
  static const Row head{"node",  "calls", "frames",   "process p50", "p95",
                        "p99",   "share", "wait p50", "p95",         "p99",
                        "depth", "max",   "batch",    "drops",       "errors"};
  return head;
}

Row table_row(const NodeProfile& node, double all_ns) {
  const double share = all_ns == 0.0 ? 0.0 : 100.0 * node.process_ns_total / all_ns;
  return {node.node,
          std::to_string(node.calls),
          std::to_string(node.frames_in != 0 ? node.frames_in : node.frames_out),
          time_text(node.process_ns.p50),
          time_text(node.process_ns.p95),
          time_text(node.process_ns.p99),
          number_text(share, 1) + " %",
          time_text(node.wait_ns.p50),
          time_text(node.wait_ns.p95),
          time_text(node.wait_ns.p99),
          number_text(node.depth.mean, 1),
          number_text(node.depth.max, 0),
          number_text(node.batch.mean, 1),
          std::to_string(node.drops),
          std::to_string(node.errors)};
}

/// Names to the left, figures to the right.
std::string aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(widths[i] - row[i].size(), ' ');
      text += i == 0 ? row[i] + blanks : "  " + blanks + row[i];
    }
    text += '\n';
  }
  return text;
}

std::string path_text(const ProfileReport& report) {
  std::string text;
  for (const std::string& node : report.critical_path) {
    text += (text.empty() ? "" : " -> ") + node;
  }
  return text;
}

// --- JSON
// -----------------------------------------------------------------------------------------

void append_name(std::string& json, std::string_view name) {
  json_text::append_string(json, name, kNameBytesMax);
}

void append_field(std::string& json, std::string_view name, double value) {
  json += ",\"" + std::string(name) + "\":";
  json_text::append_number(json, value);
}

void append_field(std::string& json, std::string_view name, const Distribution& values) {
  json += ",\"" + std::string(name) + R"(":{"count":)" + std::to_string(values.count);
  append_field(json, "mean", values.mean);
  append_field(json, "p50", values.p50);
  append_field(json, "p95", values.p95);
  append_field(json, "p99", values.p99);
  append_field(json, "max", values.max);
  json += '}';
}

void append_node(std::string& json, const NodeProfile& node) {
  json += R"({"node":)";
  append_name(json, node.node);
  json += R"(,"pipeline":)";
  append_name(json, node.pipeline);
  for (const auto& [name, count] :
       {std::pair{"calls", node.calls}, std::pair{"polls", node.polls},
        std::pair{"errors", node.errors}, std::pair{"frames_in", node.frames_in},
        std::pair{"frames_out", node.frames_out}, std::pair{"drops", node.drops}}) {
    json += std::string(",\"") + name + "\":" + std::to_string(count);
  }
  append_field(json, "process_ns_total", node.process_ns_total);
  append_field(json, "process_ns", node.process_ns);
  append_field(json, "wait_ns", node.wait_ns);
  append_field(json, "depth", node.depth);
  append_field(json, "batch", node.batch);
  json += '}';
}

}  // namespace

Distribution distribution_of(const LogHistogram& histogram, double unit) {
  Distribution made;
  made.count = histogram.count();
  if (made.count == 0) return made;
  made.mean = static_cast<double>(histogram.sum()) * unit / static_cast<double>(made.count);
  made.p50 = histogram.percentile(0.50) * unit;
  made.p95 = histogram.percentile(0.95) * unit;
  made.p99 = histogram.percentile(0.99) * unit;
  made.max = static_cast<double>(histogram.max()) * unit;
  return made;
}

void find_critical_path(ProfileReport& report) {
  struct Best {
    double ns = 0.0;                      // of the node itself
    std::pair<double, std::size_t> cost;  // of the best chain that ends here: time, then length
    std::string_view before;
  };
  std::map<std::string_view, Best> best;
  for (const NodeProfile& node : report.nodes) {
    const double ns = node.process_ns.mean + node.wait_ns.mean;
    best[node.node] = {.ns = ns, .cost = {ns, 1}, .before = {}};
  }
  // Bellman and Ford: a chain has at most as many nodes as there are.
  bool changed = true;
  for (std::size_t round = 0; changed && round < best.size(); ++round) {
    changed = false;
    for (const auto& [from, to] : report.edges) {
      const auto source = best.find(from);
      const auto target = best.find(to);
      if (source == best.end() || target == best.end()) continue;
      const std::pair cost(source->second.cost.first + target->second.ns,
                           source->second.cost.second + 1);
      if (cost <= target->second.cost) continue;
      target->second.cost = cost;
      target->second.before = source->first;
      changed = true;
    }
  }
  report.critical_path.clear();
  report.critical_path_ns = 0.0;
  const auto last = std::max_element(best.begin(), best.end(), [](const auto& a, const auto& b) {
    return a.second.cost < b.second.cost;
  });
  if (last == best.end()) return;
  report.critical_path_ns = last->second.cost.first;
  for (std::string_view node = last->first;
       !node.empty() && report.critical_path.size() < best.size(); node = best[node].before) {
    report.critical_path.emplace_back(node);
  }
  std::reverse(report.critical_path.begin(), report.critical_path.end());
}

std::string to_table(const ProfileReport& report) {
  double all_ns = 0.0;
  for (const NodeProfile& node : report.nodes) all_ns += node.process_ns_total;
  std::vector<Row> rows{table_head()};
  for (const NodeProfile& node : report.nodes) rows.push_back(table_row(node, all_ns));
  std::string text = aligned(rows);
  text += "critical path: " + path_text(report) + ": " + time_text(report.critical_path_ns) + '\n';
  text += "busy " + time_text(all_ns) + " in " +
          time_text(static_cast<double>(report.elapsed.count())) + '\n';
  if (report.events_lost != 0) {
    text += "the trace has the last " + std::to_string(report.events) + " calls; " +
            std::to_string(report.events_lost) + " before them were overwritten\n";
  }
  return text;
}

std::string to_json(const ProfileReport& report) {
  std::string json = R"({"elapsed_ns":)" + std::to_string(report.elapsed.count());
  json += R"(,"nodes":[)";
  for (const NodeProfile& node : report.nodes) {
    if (&node != &report.nodes.front()) json += ',';
    append_node(json, node);
  }
  json += R"(],"edges":[)";
  for (const auto& [from, to] : report.edges) {
    json += json.back() == '[' ? "[" : ",[";
    append_name(json, from);
    json += ',';
    append_name(json, to);
    json += ']';
  }
  json += R"(],"critical_path":[)";
  for (const std::string& node : report.critical_path) {
    if (json.back() != '[') json += ',';
    append_name(json, node);
  }
  json += ']';
  append_field(json, "critical_path_ns", report.critical_path_ns);
  json += R"(,"events":)" + std::to_string(report.events);
  json += R"(,"events_lost":)" + std::to_string(report.events_lost) + "}\n";
  return json;
}

}  // namespace parley::graph
