// SPDX-License-Identifier: Apache-2.0
#include "graph/graph_file.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <optional>
#include <utility>

#include <yaml-cpp/yaml.h>

#include "exec/worker_pool.h"
#include "graph/frame_type.h"
#include "graph/yaml_reader.h"

namespace parley::graph {
namespace {

using media::TensorShape;

constexpr std::int64_t kQueueMost = 1 << 20;
constexpr auto kThreadsMost = static_cast<std::int64_t>(exec::WorkerPool::kWorkersMax);
constexpr std::int64_t kRestartsMost = 1'000'000;
constexpr std::int64_t kDelayMostMs = 24LL * 3600 * 1000;
constexpr std::int64_t kRateMost = 1'000'000;
constexpr std::int64_t kChannelsMost = 1024;

class GraphReader {
 public:
  explicit GraphReader(std::string_view file) : yaml_(std::string(file)) {
    graph_.file = std::string(file);
  }

  Result<GraphFile> read(const YAML::Node& root) {
    bool has_version = false;
    PARLEY_TRY_STATUS(
        yaml_.for_each(root, "graph file",
                       {"version", "name", "scheduler", "max_queue_size", "worker_threads",
                        "inputs", "nodes", "outputs"},
                       [&](const std::string& key, int line, const YAML::Node& value) -> Status {
                         if (key == "version") {
                           has_version = true;
                           return read_version(line, value);
                         }
                         return read_part(key, value);
                       }));
    if (!has_version) {
      return yaml_.wrong(yaml_.line_of(root),
                         "there is no version; write `version: 1` into the first line");
    }
    if (graph_.nodes.empty()) {
      return yaml_.wrong(yaml_.line_of(root), "there are no nodes; give them under `nodes:`");
    }
    return std::move(graph_);
  }

 private:
  Status read_version(int line, const YAML::Node& value) const {
    if (value.IsScalar() && value.Scalar() == std::to_string(kGraphFileVersion)) return {};
    const std::string given = value.IsScalar() ? value.Scalar() : "no number";
    return yaml_.wrong(line, "version is " + given + "; this program reads version " +
                                 std::to_string(kGraphFileVersion));
  }

  Status read_part(const std::string& key, const YAML::Node& value) {
    if (key == "name") {
      PARLEY_TRY(graph_.name, yaml_.text(value, key));
      return {};
    }
    if (key == "scheduler") {
      PARLEY_TRY(const bool is_async, word(value, key, {"sync", "async"}));
      graph_.runner.scheduler = is_async ? SchedulerType::async : SchedulerType::sync;
      return {};
    }
    if (key == "max_queue_size")
      return read_size(value, key, 1, kQueueMost, graph_.runner.max_queue_size);
    if (key == "worker_threads") {
      return read_size(value, key, 0, kThreadsMost, graph_.runner.worker_threads);
    }
    return yaml_.for_each(
        value, key, {},
        [&](const std::string& name, int line, const YAML::Node& described) -> Status {
          if (key == "inputs") return read_input(name, line, described);
          if (key == "nodes") return read_node(name, line, described);
          return read_output(name, line, described);
        });
  }

  Status read_size(const YAML::Node& value, const std::string& what, std::int64_t min,
                   std::int64_t max, std::size_t& size) const {
    PARLEY_TRY(const std::int64_t whole, yaml_.whole(value, what, min, max));
    size = static_cast<std::size_t>(whole);
    return {};
  }

  /// The index of the word in `words`.
  Result<std::size_t> word(const YAML::Node& value, const std::string& what,
                           const std::vector<std::string>& words) const {
    PARLEY_TRY(const std::string given, yaml_.text(value, what));
    const auto found = std::ranges::find(words, given);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    return yaml_.wrong(yaml_.line_of(value),
                       what + " is '" + given + "'; give " + option_choice_text(words));
  }

  // --- boundary

  Status read_input(const std::string& name, int line, const YAML::Node& described) {
    GraphFile::Input input{.name = name, .line = line};
    const std::string what = "input '" + name + "'";
    if (described.IsScalar()) {
      PARLEY_TRY(input.type, frame_type(described, what));
      graph_.inputs.push_back(std::move(input));
      return {};
    }
    bool has_type = false;
    PARLEY_TRY_STATUS(yaml_.for_each(
        described, what, {"type", "rate_hz", "channels", "shape"},
        [&](const std::string& key, int /*line*/, const YAML::Node& value) -> Status {
          if (key == "type") {
            has_type = true;
            PARLEY_TRY(input.type, frame_type(value, what));
          } else if (key == "shape") {
            PARLEY_TRY(input.format.shape, shape(value, what));
          } else {
            const bool is_rate = key == "rate_hz";
            PARLEY_TRY(const std::int64_t number, yaml_.whole(value, what + ": " + key, 1,
                                                              is_rate ? kRateMost : kChannelsMost));
            (is_rate ? input.format.rate_hz : input.format.channels) = static_cast<int>(number);
          }
          return {};
        }));
    if (!has_type) {
      return yaml_.wrong(line,
                         what + " has no type; give one of " + option_text_of(frame_type_names()));
    }
    graph_.inputs.push_back(std::move(input));
    return {};
  }

  Result<std::size_t> frame_type(const YAML::Node& value, const std::string& what) const {
    PARLEY_TRY(const std::string given, yaml_.text(value, what + ": type"));
    if (const auto type = frame_type_of(given)) return *type;
    return yaml_.wrong(yaml_.line_of(value),
                       what + ": " + unknown_name("frame type", given, frame_type_names()).message);
  }

  Result<TensorShape> shape(const YAML::Node& value, const std::string& what) const {
    const auto refuse = [&] {
      return yaml_.wrong(yaml_.line_of(value),
                         what + ": give the shape as a list of 1 to 6 numbers or `any`");
    };
    if (!value.IsSequence() || value.size() == 0 || value.size() > TensorShape::kRankMax) {
      return refuse();
    }
    std::array<std::int64_t, TensorShape::kRankMax> dims{};
    std::size_t rank = 0;
    for (const YAML::Node& dim : value) {
      if (!dim.IsScalar()) return refuse();
      const OptionValue read = plain_scalar(dim.Scalar());
      const std::int64_t* const number = std::get_if<std::int64_t>(&read);
      if (dim.Scalar() != "any" && (number == nullptr || *number < 0)) return refuse();
      dims[rank++] = number != nullptr ? *number : TensorShape::kAny;
    }
    return TensorShape(std::span(dims).first(rank));
  }

  Status read_output(const std::string& name, int line, const YAML::Node& described) {
    GraphFile::Output output{.name = name, .line = line};
    const std::string what = "output '" + name + "'";
    if (described.IsScalar()) {
      output.from = described.Scalar();
    } else {
      PARLEY_TRY_STATUS(yaml_.for_each(
          described, what, {"from", "capacity"},
          [&](const std::string& key, int /*line*/, const YAML::Node& value) -> Status {
            if (key == "capacity") {
              return read_size(value, what + ": capacity", 1, kQueueMost, output.capacity);
            }
            PARLEY_TRY(output.from, yaml_.text(value, what + ": from"));
            return {};
          }));
    }
    if (output.from.empty()) return yaml_.wrong(line, what + " comes from nowhere; give node.port");
    graph_.outputs.push_back(std::move(output));
    return {};
  }

  // --- nodes

  Status read_node(const std::string& id, int line, const YAML::Node& described) {
    GraphFile::Node node{.id = id, .line = line};
    const std::string what = "node '" + id + "'";
    PARLEY_TRY_STATUS(yaml_.for_each(
        described, what,
        {"operator", "options", "inputs", "on_error", "restarts_max", "restart_delay_ms",
         "restart_delay_max_ms", "spare", "segment"},
        [&](const std::string& key, int key_line, const YAML::Node& value) -> Status {
          if (key == "operator" || key == "options") return read_kind(key, value, what, node.kind);
          if (key == "inputs") return read_wires(value, what, node);
          if (key == "spare") return read_spare(key_line, value, what, node);
          return read_treatment(key, value, what, node);
        }));
    if (node.kind.name.empty()) {
      return yaml_.wrong(line, what + " has no operator; give its kind under `operator:`");
    }
    node.kind.line = line;
    graph_.nodes.push_back(std::move(node));
    return {};
  }

  Status read_kind(const std::string& key, const YAML::Node& value, const std::string& what,
                   GraphFile::Kind& kind) const {
    if (key == "operator") {
      PARLEY_TRY(kind.name, yaml_.text(value, what + ": operator"));
      return {};
    }
    if (value.IsNull()) return {};
    return yaml_.for_each(
        value, what + ": options", {},
        [&](const std::string& name, int line, const YAML::Node& given) -> Status {
          PARLEY_TRY(OptionValue read, yaml_.option(given, what + ": option '" + name + "'"));
          kind.options.push_back({.name = name, .value = std::move(read), .line = line});
          return {};
        });
  }

  Status read_spare(int line, const YAML::Node& value, const std::string& what,
                    GraphFile::Node& node) const {
    const std::string spare = what + ": spare";
    PARLEY_TRY_STATUS(
        yaml_.for_each(value, spare, {"operator", "options"},
                       [&](const std::string& key, int /*line*/, const YAML::Node& given) {
                         return read_kind(key, given, spare, node.spare);
                       }));
    node.spare.line = line;
    if (!node.spare.name.empty()) return {};
    return yaml_.wrong(line, spare + " has no operator; give its kind under `operator:`");
  }

  Status read_wires(const YAML::Node& value, const std::string& what, GraphFile::Node& node) const {
    return yaml_.for_each(
        value, what + ": inputs", {},
        [&](const std::string& port, int line, const YAML::Node& from) -> Status {
          PARLEY_TRY(std::string place, yaml_.text(from, what + ": input '" + port + "'"));
          node.inputs.push_back({.port = port, .from = std::move(place), .line = line});
          return {};
        });
  }

  /// What is done when it fails, and where it runs.
  Status read_treatment(const std::string& key, const YAML::Node& value, const std::string& what,
                        GraphFile::Node& node) const {
    const std::string full = what + ": " + key;
    if (key == "segment") {
      PARLEY_TRY(node.segment, yaml_.text(value, full));
      return {};
    }
    if (key == "on_error") {
      constexpr std::array kPolicies{ErrorPolicy::fail_session, ErrorPolicy::skip_frame,
                                     ErrorPolicy::restart, ErrorPolicy::fallback};
      std::vector<std::string> words;
      for (const ErrorPolicy policy : kPolicies) words.emplace_back(to_string(policy));
      PARLEY_TRY(const std::size_t chosen, word(value, full, words));
      node.on_error = kPolicies[chosen];
      return {};
    }
    if (key == "restarts_max") {
      PARLEY_TRY(const std::int64_t times, yaml_.whole(value, full, 1, kRestartsMost));
      node.restarts_max = static_cast<int>(times);
      return {};
    }
    PARLEY_TRY(const std::int64_t delay, yaml_.whole(value, full, 0, kDelayMostMs));
    (key == "restart_delay_ms" ? node.restart_delay : node.restart_delay_max) = Millis(delay);
    return {};
  }

  YamlReader yaml_;
  GraphFile graph_;
};

}  // namespace

std::string GraphFile::where(int line) const {
  return line == 0 ? std::string() : file + ":" + std::to_string(line);
}

Result<GraphFile> parse_graph_file(std::string_view text, std::string_view file) {
  GraphReader reader(file);
  const YamlReader yaml{std::string(file)};
  if (text.size() > kGraphFileBytesMax) {
    return yaml.wrong(1, "a graph file has at most " + std::to_string(kGraphFileBytesMax) +
                             " bytes; this one has " + std::to_string(text.size()));
  }
  try {
    return reader.read(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& failure) {
    return yaml.wrong(failure.mark.line + 1, "this is not YAML: " + failure.msg);
  }
}

Result<GraphFile> read_graph_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{.code = ErrorCode::not_found, .message = path + ": cannot be opened"};
  std::string text(kGraphFileBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return Error{.code = ErrorCode::unavailable, .message = path + ": cannot be read"};
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse_graph_file(text, path);
}

Status set_option(GraphFile& file, std::string_view assignment) {
  const std::size_t dot = assignment.find('.');
  const std::size_t equals = assignment.find('=');
  if (dot == std::string_view::npos || equals == std::string_view::npos || dot == 0 ||
      dot + 1 >= equals) {
    return Error{.code = ErrorCode::invalid_argument,
                 .message = "'" + std::string(assignment) + "' is not node.option=value"};
  }
  const std::string_view id = assignment.substr(0, dot);
  const std::string_view name = assignment.substr(dot + 1, equals - dot - 1);
  std::vector<std::string> ids;
  for (GraphFile::Node& node : file.nodes) {
    ids.push_back(node.id);
    if (node.id != id) continue;
    std::erase_if(node.kind.options, [&](const auto& option) { return option.name == name; });
    node.kind.options.push_back(
        {.name = std::string(name), .value = plain_scalar(assignment.substr(equals + 1))});
    return {};
  }
  return unknown_name("node", id, ids);
}

}  // namespace parley::graph
