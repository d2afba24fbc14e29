// SPDX-License-Identifier: Apache-2.0
//
// The ports of a plugin's operator: typed ones of ours behind an interface without types, because
// only the descriptor knows what they carry.
//
// Threads: strand. Allocates: when it is made; texts of frames that a plugin pushes.
#pragma once

#include <memory>

#include "base/result.h"
#include "graph/operator.h"
#include "graph/plugin/buffer_table.h"
#include "parley/plugin.h"

namespace parley::graph {

class PluginInput {
 public:
  virtual ~PluginInput() = default;
  [[nodiscard]] virtual const InBase& port() const = 0;
  /// False without a frame of the current turn. The view's texts live until the next call. Errors:
  /// resource_exhausted (BufferTable::kBuffersMax).
  virtual Result<bool> peek(BufferTable& buffers, parley_frame& view) = 0;
  virtual Result<bool> pop(BufferTable& buffers, parley_frame& view) = 0;
};

class PluginOutput {
 public:
  virtual ~PluginOutput() = default;
  [[nodiscard]] virtual bool has_room(std::size_t frames) const = 0;
  /// Errors: invalid_argument (the view is no frame of this port), failed_precondition (no room).
  virtual Status push(BufferTable& buffers, const parley_frame& view) = 0;
};

/// Both declare a port on `owner`. REQUIRES: a checked descriptor (descriptor_check.h).
[[nodiscard]] std::unique_ptr<PluginInput> make_plugin_input(Operator& owner,
                                                             const parley_port& port);
/// `format_of`: the input that the descriptor names, or null.
[[nodiscard]] std::unique_ptr<PluginOutput> make_plugin_output(Operator& owner,
                                                               const parley_port& port,
                                                               const InBase* format_of);

}  // namespace parley::graph
