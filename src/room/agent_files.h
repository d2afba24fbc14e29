// SPDX-License-Identifier: Apache-2.0
//
// The files of agents/, built into the program (cmake/embed.cmake writes the table).
//
// Threads: immutable.
#pragma once

#include <span>
#include <string_view>

namespace parley::room {

struct AgentFile {
  std::string_view path;  // "/assistant.yaml"
  std::string_view content;
};

/// Sorted by path.
[[nodiscard]] std::span<const AgentFile> agent_files();

}  // namespace parley::room
