// SPDX-License-Identifier: Apache-2.0
#include "graph/plugin/plugin_host.h"

#include <cstring>
#include <exception>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "graph/plugin/plugin_operator.h"

namespace parley::graph {

/// All functions of the table, as static ones of a friend.
struct PluginHost {
  static constexpr std::size_t kMessageBytes = log::kValueBytesMax;

  static PluginOperator& op_of(const parley_host* host) {
    return *static_cast<PluginOperator*>(host->host_data);
  }
  static std::string text_of(const char* text) {
    return text == nullptr ? std::string() : std::string(text, strnlen(text, kMessageBytes));
  }
  /// Is this the thread, and `process` the call, from which a port may be touched?
  static bool may_touch(PluginOperator& op, bool is_in_open_too = false) {
    if (op.caller_.load(std::memory_order_relaxed) == std::this_thread::get_id() &&
        (op.is_processing_ || (is_in_open_too && op.context_ != nullptr))) {
      return true;
    }
    op.stray_calls_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  static void misuse(PluginOperator& op, std::string what) {
    op.note_misuse({.code = ErrorCode::invalid_argument, .message = std::move(what)});
  }
  /// Nothing that we throw may pass through foreign code, which may be plain C.
  template <typename Body>
  static auto guarded(PluginOperator& op, Body&& body) noexcept -> decltype(body()) {
    try {
      return body();
    } catch (const std::exception& thrown) {
      op.note_misuse({.code = ErrorCode::resource_exhausted, .message = thrown.what()});
    } catch (...) {
      op.note_misuse({.code = ErrorCode::internal, .message = "the host threw"});
    }
    return {};
  }

  static const void* get_extension(const parley_host* /*host*/, const char* /*id*/) {
    return nullptr;  // this version of the host has none
  }

  static void log(const parley_host* host, std::int32_t level, const char* message) {
    constexpr auto kLast = static_cast<std::int32_t>(log::Level::error);
    const auto known =
        level < 0 || level > kLast ? log::Level::error : static_cast<log::Level>(level);
    PluginOperator& op = op_of(host);
    log::write(known, "plugin", {{"kind", op.kind_.kind}, {"message", text_of(message)}});
  }

  static void wake(const parley_host* host) { op_of(host).waker_.wake(); }

  static void fail(const parley_host* host, const char* message) {
    PluginOperator& op = op_of(host);
    if (op.caller_.load(std::memory_order_relaxed) != std::this_thread::get_id()) {
      (void)may_touch(op);
      return;
    }
    guarded(op, [&] {
      op.said_ = text_of(message);
      return true;
    });
  }

  static std::int64_t now(const parley_host* host) {
    PluginOperator& op = op_of(host);
    return may_touch(op, true) ? op.context_->now().since_zero.count() : 0;
  }
  static std::uint64_t turn(const parley_host* host) {
    PluginOperator& op = op_of(host);
    return may_touch(op, true) ? op.context_->turn().value : 0;
  }
  static void wake_at(const parley_host* host, std::int64_t at) {
    PluginOperator& op = op_of(host);
    if (may_touch(op, true)) op.context_->wake_at({Nanos(at)});
  }
  static void report(const parley_host* host, const char* message) {
    PluginOperator& op = op_of(host);
    if (!may_touch(op)) return;
    guarded(op, [&] {
      op.context_->report({.code = ErrorCode::internal, .message = text_of(message)});
      return true;
    });
  }

  template <typename Take>
  static std::int32_t take_frame(const parley_host* host, std::uint32_t input, parley_frame* frame,
                                 std::string_view function, const Take& take) {
    PluginOperator& op = op_of(host);
    if (!may_touch(op)) return 0;
    return guarded(op, [&]() -> std::int32_t {
      if (input >= op.plugin_inputs_.size()) {
        misuse(op, std::string(function) + ": there is no input " + std::to_string(input));
        return 0;
      }
      if (frame == nullptr) {
        misuse(op, std::string(function) + ": frame is NULL");
        return 0;
      }
      Result<bool> taken = take(*op.plugin_inputs_[input], op.buffers_);
      if (taken) return *taken ? 1 : 0;
      op.note_misuse(taken.error().with_context(function));
      return 0;
    });
  }
  static std::int32_t peek(const parley_host* host, std::uint32_t input, parley_frame* frame) {
    return take_frame(host, input, frame, "peek", [frame](PluginInput& in, BufferTable& buffers) {
      return in.peek(buffers, *frame);
    });
  }
  static std::int32_t pop(const parley_host* host, std::uint32_t input, parley_frame* frame) {
    return take_frame(host, input, frame, "pop", [frame](PluginInput& in, BufferTable& buffers) {
      return in.pop(buffers, *frame);
    });
  }

  static PluginOutput* find_output(PluginOperator& op, std::uint32_t output,
                                   std::string_view function) {
    if (output < op.plugin_outputs_.size()) return op.plugin_outputs_[output].get();
    misuse(op, std::string(function) + ": there is no output " + std::to_string(output));
    return nullptr;
  }
  static std::int32_t has_room(const parley_host* host, std::uint32_t output,
                               std::uint32_t frames) {
    PluginOperator& op = op_of(host);
    if (!may_touch(op)) return 0;
    return guarded(op, [&]() -> std::int32_t {
      const PluginOutput* const out = find_output(op, output, "has_room");
      return out != nullptr && out->has_room(frames) ? 1 : 0;
    });
  }
  static std::int32_t push(const parley_host* host, std::uint32_t output,
                           const parley_frame* frame) {
    PluginOperator& op = op_of(host);
    if (!may_touch(op)) return 0;
    return guarded(op, [&]() -> std::int32_t {
      PluginOutput* const out = find_output(op, output, "push");
      if (out == nullptr) return 0;
      if (frame == nullptr) {
        misuse(op, "push: frame is NULL");
        return 0;
      }
      const Status pushed = out->push(op.buffers_, *frame);
      if (pushed) return 1;
      op.note_misuse(pushed.error());
      return 0;
    });
  }

  static void* take(const parley_host* host, std::uint64_t size, parley_buffer* buffer) {
    PluginOperator& op = op_of(host);
    if (!may_touch(op)) return nullptr;
    return guarded(op, [&]() -> void* {
      if (buffer == nullptr || size == 0 || size > std::numeric_limits<std::uint32_t>::max()) {
        misuse(op, buffer == nullptr
                       ? "take: buffer is NULL"
                       : "take: " + std::to_string(size) + " bytes; give 1 to 4294967295");
        return nullptr;
      }
      media::BufferRef taken = op.pool_.take(size);
      void* const data = taken.writable().data();
      const BufferTable::Handle handle =
          op.buffers_.add({.buffer = std::move(taken), .object = nullptr});
      if (handle == BufferTable::kNone) {
        misuse(op, "take: holds " + std::to_string(BufferTable::kBuffersMax) + " buffers already");
        return nullptr;
      }
      *buffer = {.data = data, .size = size, .handle = handle};
      return data;
    });
  }
  static void* writable(const parley_host* host, parley_buffer* buffer) {
    PluginOperator& op = op_of(host);
    if (!may_touch(op)) return nullptr;
    return guarded(op, [&]() -> void* {
      BufferTable::Entry* const entry =
          buffer == nullptr ? nullptr : op.buffers_.find(buffer->handle);
      if (entry == nullptr) {
        misuse(op, "writable: the buffer's handle is not valid (any more)");
        return nullptr;
      }
      const std::span<const std::byte> bytes = entry->buffer.bytes();
      if (bytes.empty() || buffer->data != bytes.data() || buffer->size != bytes.size()) {
        misuse(op, "writable: data and size are not those of the whole buffer");
        return nullptr;
      }
      void* const data = entry->buffer.writable().data();
      buffer->data = data;
      return data;
    });
  }

  static void retain(const parley_host* host, std::uint64_t handle) {
    PluginOperator& op = op_of(host);
    if (!may_touch(op)) return;
    guarded(op, [&] {
      if (!op.buffers_.retain(handle)) misuse(op, "retain: the handle is not valid (any more)");
      return true;
    });
  }
  /// Also in `close` and `on_turn`, which is where an operator lets go of things.
  static void release(const parley_host* host, std::uint64_t handle) {
    PluginOperator& op = op_of(host);
    if (op.caller_.load(std::memory_order_relaxed) != std::this_thread::get_id()) {
      (void)may_touch(op);
      return;
    }
    guarded(op, [&] {
      if (!op.buffers_.release(handle)) {
        misuse(op, "release: the handle is not valid (any more), or was not retained");
      }
      return true;
    });
  }
};

void fill_plugin_host(parley_host& host, PluginOperator& owner) {
  host = {.abi = PARLEY_PLUGIN_ABI,
          .reserved = 0,
          .version = "parley",
          .host_data = &owner,
          .get_extension = PluginHost::get_extension,
          .log = PluginHost::log,
          .wake = PluginHost::wake,
          .fail = PluginHost::fail,
          .now = PluginHost::now,
          .turn = PluginHost::turn,
          .wake_at = PluginHost::wake_at,
          .report = PluginHost::report,
          .peek = PluginHost::peek,
          .pop = PluginHost::pop,
          .has_room = PluginHost::has_room,
          .push = PluginHost::push,
          .take = PluginHost::take,
          .writable = PluginHost::writable,
          .retain = PluginHost::retain,
          .release = PluginHost::release};
}

}  // namespace parley::graph
