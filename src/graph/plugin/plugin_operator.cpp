// SPDX-License-Identifier: Apache-2.0
#include "graph/plugin/plugin_operator.h"

#include <array>
#include <cstring>
#include <exception>
#include <span>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "graph/misuse.h"
#include "graph/plugin/plugin_host.h"
#include "graph/plugin/plugin_options.h"
#include "graph/port.h"

namespace parley::graph {

/// One call of the plugin: who makes it, and what is over when it returns.
class PluginOperator::Call {
 public:
  Call(PluginOperator& op, ProcessContext* context, bool is_processing) : op_(op) {
    op_.context_ = context;
    op_.is_processing_ = is_processing;
    op_.caller_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    op_.buffers_.end_call();
    op_.caller_.store(std::thread::id(), std::memory_order_relaxed);
    op_.is_processing_ = false;
    op_.context_ = nullptr;
  }

 private:
  PluginOperator& op_;
};

Result<Progress> PluginOperator::process(ProcessContext& context) {
  std::int32_t progress = PARLEY_FAILED;
  {
    const Call call(*this, &context, true);
    progress = kind_.process(self_);
  }
  if (misuse_ || stray_calls_.load(std::memory_order_relaxed) != 0) [[unlikely]]
    return take_error({});
  switch (progress) {
    case PARLEY_NEED_INPUT:
      return Progress::need_input;
    case PARLEY_MORE_OUTPUT:
      return Progress::more_output;
    case PARLEY_BLOCKED:
      return Progress::blocked;
    case PARLEY_FINISHED:
      return Progress::finished;
    case PARLEY_FAILED:
      return take_error("process failed without a reason");
    default:
      return Error{.code = ErrorCode::internal,
                   .message = "process returned " + std::to_string(progress) +
                              ", which is no parley_progress"};
  }
}

Result<std::unique_ptr<Operator>> PluginOperator::make(const parley_operator& kind,
                                                       const OptionMap& options,
                                                       media::BufferPool& pool) {
  std::unique_ptr<PluginOperator> made(new PluginOperator(kind, pool));
  PARLEY_TRY_STATUS(made->create(options));
  return std::unique_ptr<Operator>(std::move(made));
}

PluginOperator::PluginOperator(const parley_operator& kind, media::BufferPool& pool)
    : kind_(kind), pool_(pool) {
  fill_plugin_host(host_, *this);
  if (kind.get_extension != nullptr) {
    state_ = static_cast<const parley_state_extension*>(kind.get_extension(PARLEY_EXT_STATE));
    busy_ = static_cast<const parley_busy_extension*>(kind.get_extension(PARLEY_EXT_BUSY));
  }
  const std::span input_ports(kind.inputs, kind.input_count);
  for (const parley_port& port : input_ports) {
    plugin_inputs_.push_back(make_plugin_input(*this, port));
  }
  for (const parley_port& port : std::span(kind.outputs, kind.output_count)) {
    const InBase* format_of = nullptr;
    for (const auto& input : plugin_inputs_) {
      if (port.format_of != nullptr && input->port().name() == port.format_of) {
        format_of = &input->port();
      }
    }
    plugin_outputs_.push_back(make_plugin_output(*this, port, format_of));
  }
}

Status PluginOperator::create(const OptionMap& options) {
  PARLEY_TRY(const PluginValues values,
             read_plugin_options({kind_.options, kind_.option_count}, options));
  const Call call(*this, nullptr, false);
  try {
    self_ = kind_.create(&host_, values.values.data());
  } catch (...) {
    return thrown_error(std::current_exception()).with_context("create");
  }
  if (self_ == nullptr) return take_error("failed without a reason").with_context("create");
  misuse_.reset();
  return {};
}

PluginOperator::~PluginOperator() {
  const Call call(*this, nullptr, false);
  if (self_ != nullptr) kind_.destroy(self_);
}

Status PluginOperator::open(ProcessContext& context) {
  waker_ = context.waker();
  if (kind_.open == nullptr) return {};
  const Call call(*this, &context, false);
  const std::int32_t opened = kind_.open(self_);
  if (misuse_) return take_error({});
  if (opened == 1) return {};
  return take_error(opened == 0 ? "open failed without a reason"
                                : "open returned " + std::to_string(opened) + " instead of 1 or 0");
}

Status PluginOperator::adopt(Operator& predecessor) {
  auto* const before = dynamic_cast<PluginOperator*>(&predecessor);
  if (before == nullptr || std::strcmp(before->kind_.kind, kind_.kind) != 0) return {};
  if (before->state_ == nullptr || state_ == nullptr) return {};
  return hand_over(*before, *before->state_);
}

/// A small state, which is the usual one, without an allocation.
Status PluginOperator::hand_over(PluginOperator& predecessor, const parley_state_extension& state) {
  std::array<std::byte, 4096> small;
  std::vector<std::byte> large;
  std::span<std::byte> room = small;
  std::uint64_t size = 0;
  {
    const Call call(predecessor, nullptr, false);
    size = state.save(predecessor.self_, room.data(), room.size());
    if (size > kStateMax) {
      return Error{.code = ErrorCode::resource_exhausted,
                   .message = "its state has " + std::to_string(size) + " bytes; at most " +
                              std::to_string(kStateMax) + " can be handed over"};
    }
    if (size > room.size()) {
      large.resize(size);
      room = large;
      size = state.save(predecessor.self_, room.data(), room.size());
    }
  }
  const Call call(*this, nullptr, false);
  if (size <= room.size() && state_->load(self_, room.data(), size) == 1) return {};
  return take_error("the state of its predecessor was refused");
}

bool PluginOperator::is_busy() const noexcept {
  return busy_ != nullptr && busy_->is_busy(self_) == 1;
}

void PluginOperator::on_turn(media::Turn now) noexcept {
  if (kind_.on_turn == nullptr) return;
  const Call call(*this, nullptr, false);
  kind_.on_turn(self_, now.value);
}

void PluginOperator::close() noexcept {
  if (kind_.close != nullptr) {
    const Call call(*this, nullptr, false);
    kind_.close(self_);
  }
  const std::size_t forgotten = buffers_.clear();
  forgotten_buffers_ += forgotten;
  if (forgotten != 0) {
    log::warn("plugin kept buffers beyond close", {{"kind", kind_.kind}, {"buffers", forgotten}});
  }
}

Error PluginOperator::take_error(std::string_view otherwise) {
  Error error{.code = ErrorCode::internal, .message = std::exchange(said_, {})};
  if (const std::uint32_t strays = stray_calls_.exchange(0, std::memory_order_relaxed)) {
    error.message = std::to_string(strays) + " calls of the host from outside of process";
  }
  if (misuse_) error = std::move(*misuse_);
  misuse_.reset();
  if (error.message.empty()) error.message = otherwise;
  return error;
}

void PluginOperator::note_misuse(Error error) {
  if (!misuse_) misuse_ = std::move(error);
}

}  // namespace parley::graph
