// SPDX-License-Identifier: Apache-2.0
//
// A graph file, read: what it says, with the line of each thing for messages. Nothing is known of
// operators here; graph_build.h makes a GraphSpec of it.
//
//   version: 1
//   name: wake
//   scheduler: async
//   inputs: {mic: {type: AudioFrame, rate_hz: 16000, channels: 1}}
//   nodes:
//     clean: {operator: gain, options: {gain_db: 6}, inputs: {audio: mic}}
//     vad:   {operator: vad, inputs: {audio: clean.audio}, on_error: restart, segment: front}
//   outputs: {speech: vad.speech}
//
// docs/engine/graph-file.md is the reference. The C++ builder of the same meaning is GraphSpec.
//
// Threads: value types, pure functions. Allocates.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "graph/error_policy.h"
#include "graph/option_value.h"
#include "graph/port_format.h"
#include "graph/runner.h"

namespace parley::graph {

inline constexpr int kGraphFileVersion = 1;
inline constexpr std::size_t kGraphFileBytesMax = 1U << 20U;

struct GraphFile {
  struct Option {
    std::string name = {};
    OptionValue value = false;
    int line = 0;  // from 1; 0: not from the file
  };
  struct Wire {
    std::string port = {};  // an input of the node
    std::string from = {};  // `node.port`, or the name of a boundary input
    int line = 0;
  };
  struct Kind {
    std::string name = {};
    std::vector<Option> options = {};
    int line = 0;
  };
  struct Node {
    std::string id = {};
    Kind kind = {};
    std::vector<Wire> inputs = {};
    ErrorPolicy on_error = ErrorPolicy::fail_session;
    int restarts_max = kRestartsMaxDefault;
    Nanos restart_delay = kRestartDelayDefault;
    Nanos restart_delay_max = kRestartDelayMaxDefault;
    Kind spare = {};  // no name: none
    std::string segment = {};
    int line = 0;
  };
  struct Input {
    std::string name = {};
    std::size_t type = 0;  // see frame_type.h
    PortFormat format = {};
    int line = 0;
  };
  struct Output {
    std::string name = {};
    std::string from = {};
    std::size_t capacity = 0;  // frames that wait for the program; 0: the default of a port
    int line = 0;
  };

  std::string file = {};  // as messages call it
  std::string name = {};
  RunnerOptions runner = {.scheduler = SchedulerType::async};
  std::vector<Input> inputs = {};
  std::vector<Node> nodes = {};
  std::vector<Output> outputs = {};

  /// `file:line`, or empty when the line is 0.
  [[nodiscard]] std::string where(int line) const;
};

/// Errors: invalid_argument, beginning with `file:line`.
[[nodiscard]] Result<GraphFile> parse_graph_file(std::string_view text, std::string_view file);
/// Errors: also not_found and unavailable (the file cannot be read).
[[nodiscard]] Result<GraphFile> read_graph_file(const std::string& path);

/// `node.option=value`, as on a command line; the value is written as in a file. Replaces or adds.
/// Errors: invalid_argument (not of this form, no such node).
Status set_option(GraphFile& file, std::string_view assignment);

}  // namespace parley::graph
