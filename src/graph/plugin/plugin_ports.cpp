// SPDX-License-Identifier: Apache-2.0
#include "graph/plugin/plugin_ports.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "graph/frame_type.h"
#include "graph/plugin/plugin_frames.h"
#include "graph/port.h"

namespace parley::graph {
namespace {

/// The buffer of a kind that has one, or null.
template <typename T>
auto buffer_of(T& frame)
    -> std::conditional_t<std::is_const_v<T>, const media::BufferRef, media::BufferRef>* {
  if constexpr (requires { frame.samples; }) {
    return &frame.samples;
  } else if constexpr (requires { frame.bytes; }) {
    return &frame.bytes;
  } else if constexpr (requires { frame.pixels; }) {
    return &frame.pixels;
  } else if constexpr (requires { frame.data; }) {
    return &frame.data;
  } else {
    return nullptr;
  }
}

template <typename T>
PortFormat format_given(const T& frame) {
  if constexpr (requires { frame.format.rate; }) {
    return {.rate_hz = frame.format.rate, .channels = frame.format.channels, .shape = {}};
  } else if constexpr (requires { frame.shape; }) {
    return {.rate_hz = 0, .channels = 0, .shape = frame.shape};
  } else {
    return {};
  }
}

Error too_many_buffers() {
  return {.code = ErrorCode::resource_exhausted,
          .message = "holds " + std::to_string(BufferTable::kBuffersMax) +
                     " buffers; release those that are no longer needed"};
}

template <typename T>
class TypedInput final : public PluginInput {
 public:
  TypedInput(Operator& owner, const parley_port& port)
      : port_(owner, port.name,
              {.capacity = port.capacity == 0 ? kPortCapacityDefault : port.capacity,
               .required = port.is_optional == 0,
               .rate_hz = port.rate_hz,
               .channels = port.channels,
               .shape = media::TensorShape(std::span(port.dims).first(port.rank))}) {}

  [[nodiscard]] const InBase& port() const override { return port_; }

  Result<bool> peek(BufferTable& buffers, parley_frame& view) override {
    forget_peeked(buffers);
    const T* const frame = port_.peek();
    if (frame == nullptr) return false;
    view_of(*frame, view);
    BufferTable::Entry entry;
    if (const media::BufferRef* buffer = buffer_of(*frame)) entry.buffer = *buffer;
    if constexpr (std::is_same_v<T, media::Opaque>) entry.object = frame->object;
    PARLEY_TRY_STATUS(name_buffer(buffers, std::move(entry), view));
    peeked_ = view.buffer.handle;
    return true;
  }

  /// The buffer goes into the table, so that a plugin that is its only owner may write to it in
  /// place; the rest stays here for the texts.
  Result<bool> pop(BufferTable& buffers, parley_frame& view) override {
    forget_peeked(buffers);
    if (port_.empty()) return false;
    current_ = port_.pop();
    view_of(current_, view);
    BufferTable::Entry entry;
    if (media::BufferRef* buffer = buffer_of(current_)) entry.buffer = std::move(*buffer);
    if constexpr (std::is_same_v<T, media::Opaque>) entry.object = std::move(current_.object);
    PARLEY_TRY_STATUS(name_buffer(buffers, std::move(entry), view));
    return true;
  }

 private:
  static Status name_buffer(BufferTable& buffers, BufferTable::Entry entry, parley_frame& view) {
    if (entry.buffer.empty() && entry.object == nullptr) return {};
    view.buffer.handle = buffers.add(std::move(entry));
    if (view.buffer.handle == BufferTable::kNone) return too_many_buffers();
    return {};
  }

  void forget_peeked(BufferTable& buffers) {
    if (peeked_ != BufferTable::kNone) buffers.drop(std::exchange(peeked_, BufferTable::kNone));
  }

  In<T> port_;
  T current_;
  BufferTable::Handle peeked_ = BufferTable::kNone;
};

Error wrong(std::string what) {
  return {.code = ErrorCode::invalid_argument, .message = std::move(what)};
}

/// The part of a buffer of ours that the view names.
Result<media::BufferRef> find_part(const BufferTable::Entry& entry, const parley_buffer& view) {
  if (view.size == 0) return media::BufferRef();
  const std::span<const std::byte> bytes = entry.buffer.bytes();
  const auto* const begin = static_cast<const std::byte*>(view.data);
  // std::less orders pointers into different objects, too.
  const bool begins_inside =
      !std::less<>()(begin, bytes.data()) && !std::less<>()(bytes.data() + bytes.size(), begin);
  if (!begins_inside || view.size > bytes.size() - static_cast<std::size_t>(begin - bytes.data())) {
    return wrong("its data and size lie outside of its buffer");
  }
  return entry.buffer.slice(static_cast<std::size_t>(begin - bytes.data()), view.size);
}

template <typename T>
class TypedOutput final : public PluginOutput {
 public:
  TypedOutput(Operator& owner, const parley_port& port, const InBase* format_of)
      : port_(owner, port.name,
              {.rate_hz = port.rate_hz,
               .channels = port.channels,
               .shape = media::TensorShape(std::span(port.dims).first(port.rank)),
               .format_of = format_of}) {}

  [[nodiscard]] bool has_room(std::size_t frames) const override { return port_.has_room(frames); }

  Status push(BufferTable& buffers, const parley_frame& view) override {
    const Status read = read_and_push(buffers, view);
    if (!read) return read.error().with_context("pushed to output '" + port_.name() + "'");
    return {};
  }

 private:
  Status read_and_push(BufferTable& buffers, const parley_frame& view) {
    if (view.kind != kind_of_frame_type(port_.type())) {
      return wrong("frame kind " + std::to_string(view.kind) + " instead of " +
                   std::to_string(kind_of_frame_type(port_.type())) + " (" +
                   std::string(frame_type_name(port_.type())) + ")");
    }
    T frame;
    media::BufferRef part;
    if (view.buffer.handle != BufferTable::kNone) {
      const BufferTable::Entry* const entry = buffers.find(view.buffer.handle);
      if (entry == nullptr) return wrong("its buffer's handle is not valid (any more)");
      PARLEY_TRY(part, find_part(*entry, view.buffer));
      if constexpr (std::is_same_v<T, media::Opaque>) frame.object = entry->object;
    } else if (view.buffer.size != 0) {
      return wrong("its buffer has no handle: only what `take` or an input gave can be pushed");
    }
    PARLEY_TRY_STATUS(read_view(view, std::move(part), frame));
    PARLEY_TRY_STATUS(check_promise(frame));
    if (!port_.has_room()) {
      return Error{.code = ErrorCode::failed_precondition,
                   .message = "there is no room; ask has_room, and return PARLEY_BLOCKED"};
    }
    port_.push(std::move(frame));
    return {};
  }

  /// What the descriptor says of the format of all frames.
  Status check_promise(const T& frame) const {
    const PortFormat given = format_given(frame);
    const bool has_shape = given.shape.rank() != 0 || port_.format().shape.rank() == 0;
    if (has_shape && fits(given, port_.format())) return {};
    return wrong("a frame" + format_text(given) + " instead of one" + format_text(port_.format()));
  }

  Out<T> port_;
};

/// The kinds that plugins have; a checked descriptor names no other.
template <typename Made, typename Make>
std::unique_ptr<Made> make_typed(std::uint32_t kind, const Make& make) {
  std::unique_ptr<Made> made;
  const std::optional<std::size_t> frame_type = frame_type_of_kind(kind);
  PARLEY_CHECK(frame_type.has_value());
  with_frame_type(frame_type.value_or(0), [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (requires(T frame, parley_frame view) { view_of(frame, view); }) {
      made = make(type);
    }
  });
  PARLEY_CHECK(made != nullptr);
  return made;
}

}  // namespace

std::unique_ptr<PluginInput> make_plugin_input(Operator& owner, const parley_port& port) {
  return make_typed<PluginInput>(port.frame, [&](auto type) {
    return std::make_unique<TypedInput<typename decltype(type)::type>>(owner, port);
  });
}

std::unique_ptr<PluginOutput> make_plugin_output(Operator& owner, const parley_port& port,
                                                 const InBase* format_of) {
  return make_typed<PluginOutput>(port.frame, [&](auto type) {
    return std::make_unique<TypedOutput<typename decltype(type)::type>>(owner, port, format_of);
  });
}

}  // namespace parley::graph
