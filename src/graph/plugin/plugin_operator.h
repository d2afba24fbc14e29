// SPDX-License-Identifier: Apache-2.0
//
// An operator whose work is done by a plugin (include/parley/plugin.h). It stands between the
// pipeline and foreign code: whatever that code does wrong with what it was given, short of writing
// to memory that is not its own, becomes an error of this node.
//
// Samples are not copied on the way in or out: a plugin sees the buffers of our frames.
//
// Threads: strand, but for `log` and `wake`, which a plugin's own threads may call.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "exec/strand.h"
#include "graph/operator.h"
#include "graph/option_value.h"
#include "graph/plugin/buffer_table.h"
#include "graph/plugin/plugin_ports.h"
#include "media/buffer_pool.h"
#include "parley/plugin.h"

namespace parley::graph {

class PluginOperator final : public Operator {
 public:
  /// `kind` stays where it is for ever; `pool` outlives the operator.
  /// Errors: invalid_argument (options), internal (`create` failed or threw).
  static Result<std::unique_ptr<Operator>> make(const parley_operator& kind,
                                                const OptionMap& options, media::BufferPool& pool);
  /// REQUIRES: it was closed, if it was opened.
  ~PluginOperator() override;

  Status open(ProcessContext& context) override;
  Result<Progress> process(ProcessContext& context) override;
  /// Of the same kind, and with PARLEY_EXT_STATE on both sides: hands the state over. Else the new
  /// one begins afresh.
  Status adopt(Operator& predecessor) override;
  [[nodiscard]] bool is_busy() const noexcept override;
  void on_turn(media::Turn now) noexcept override;
  void close() noexcept override;

  /// Buffers that were still retained when it was closed, ever: the plugin forgot to release them.
  [[nodiscard]] std::uint64_t forgotten_buffers() const { return forgotten_buffers_; }

 private:
  friend struct PluginHost;  // plugin_host.cpp: the functions that the plugin calls
  class Call;
  static constexpr std::size_t kStateMax = 16U << 20U;  // bytes that a plugin may hand over

  PluginOperator(const parley_operator& kind, media::BufferPool& pool);
  Status create(const OptionMap& options);
  /// Why a call of the plugin failed: misuse, else what it said by `host->fail`, else `otherwise`.
  Error take_error(std::string_view otherwise);
  void note_misuse(Error error);
  Status hand_over(PluginOperator& predecessor, const parley_state_extension& state);

  const parley_operator& kind_;
  const parley_state_extension* state_ = nullptr;
  const parley_busy_extension* busy_ = nullptr;
  media::BufferPool& pool_;
  parley_host host_{};
  std::vector<std::unique_ptr<PluginInput>> plugin_inputs_;
  std::vector<std::unique_ptr<PluginOutput>> plugin_outputs_;
  BufferTable buffers_;
  void* self_ = nullptr;
  exec::Waker waker_;

  // Of the call that is being made:
  ProcessContext* context_ = nullptr;
  bool is_processing_ = false;
  // Whose calls of host functions count; others come from threads that have no business there.
  std::atomic<std::thread::id> caller_;
  std::atomic<std::uint32_t> stray_calls_{0};
  std::string said_;             // by `host->fail`
  std::optional<Error> misuse_;  // the first

  std::uint64_t forgotten_buffers_ = 0;
};

}  // namespace parley::graph
