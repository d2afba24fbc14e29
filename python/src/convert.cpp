// SPDX-License-Identifier: Apache-2.0
#include "convert.h"

#include <cmath>
#include <type_traits>
#include <utility>
#include <variant>

#include "arrays.h"
#include "frame_types.h"
#include "graph/frame_type.h"

namespace parley::python {

namespace {

std::string type_name(const py::object& value) {
  return py::str(py::type::of(value).attr("__name__"));
}

[[noreturn]] void refuse(const py::object& value, std::size_t type) {
  std::string fits = "parley." + std::string(graph::frame_type_name(type));
  if (type == graph::frame_index<media::AudioFrame>()) fits += ", or an array of float32 or int16";
  if (type == graph::frame_index<media::VideoFrame>()) fits += ", or an array of uint8";
  if (type == graph::frame_index<media::TensorFrame>()) fits += ", or an array of numbers";
  if (type == graph::frame_index<media::TextDelta>()) fits += ", or a str";
  throw py::type_error("a " + type_name(value) + " cannot become what this port takes; give " +
                       fits);
}

template <typename T>
media::Frame with_head(T frame, const media::FrameHeader& head) {
  const media::MediaTime duration = frame.head.duration;
  frame.head = head;
  if (duration.flicks != 0) frame.head.duration = duration;
  return frame;
}

/// One object as one frame of `type`.
media::Frame convert(const py::object& value, const media::FrameHeader& head, std::size_t type,
                     const ConvertOptions& options) {
  if (std::optional<media::Frame> frame = frame_of_object(value)) {
    if (frame->index() == type) return *std::move(frame);
    refuse(value, type);
  }
  if (py::isinstance<py::array>(value)) {
    const auto array = py::reinterpret_borrow<py::array>(value);
    if (type == graph::frame_index<media::AudioFrame>())
      return with_head(audio_of(array, options.rate_hz), head);
    if (type == graph::frame_index<media::VideoFrame>()) return with_head(video_of(array), head);
    if (type == graph::frame_index<media::TensorFrame>()) return with_head(tensor_of(array), head);
  }
  if (py::isinstance<py::str>(value) && type == graph::frame_index<media::TextDelta>()) {
    media::TextDelta delta;
    delta.text = value.cast<std::string>();
    return with_head(std::move(delta), head);
  }
  refuse(value, type);
}

}  // namespace

double seconds_of(media::MediaTime time) {
  return static_cast<double>(time.flicks) / media::MediaTime::kPerSecond;
}

media::MediaTime media_time_of(double seconds) {
  return {std::llround(seconds * static_cast<double>(media::MediaTime::kPerSecond))};
}

py::object to_python(const media::Frame& frame) {
  if (const auto* opaque = std::get_if<media::Opaque>(&frame)) {
    if (opaque->object != nullptr) return object_of(opaque->object);
    const auto bytes = opaque->bytes.bytes();
    return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return std::visit(
      [](const auto& kind) -> py::object {
        using T = std::decay_t<decltype(kind)>;
        if constexpr (std::is_same_v<T, media::Opaque>) {
          return py::none();
        } else {
          return py::cast(kind);
        }
      },
      frame);
}

media::Frame to_frame(const py::object& value) {
  if (std::optional<media::Frame> frame = frame_of_object(value)) return *std::move(frame);
  media::Opaque opaque;
  opaque.head.pts = kNoTime;
  opaque.object = hold(value);
  return opaque;
}

std::vector<media::Frame> to_kind(const media::Frame& frame, std::size_t type,
                                  const ConvertOptions& options) {
  const auto* const opaque = std::get_if<media::Opaque>(&frame);
  if (frame.index() == type || opaque == nullptr || opaque->object == nullptr) {
    if (frame.index() != type) refuse(to_python(frame), type);
    return {frame};
  }
  const py::object value = object_of(opaque->object);
  std::vector<media::Frame> frames;
  if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value)) {
    for (const py::handle part : value) {
      frames.push_back(
          convert(py::reinterpret_borrow<py::object>(part), opaque->head, type, options));
    }
  } else {
    frames.push_back(convert(value, opaque->head, type, options));
  }
  return frames;
}

std::vector<media::Frame> to_kind_or_object(const media::Frame& frame, std::size_t type,
                                            const ConvertOptions& options) {
  const auto* const opaque = std::get_if<media::Opaque>(&frame);
  if (opaque == nullptr || opaque->object == nullptr) return {frame};
  const py::object value = object_of(opaque->object);
  py::list parts;
  if (py::isinstance<py::list>(value)) {
    parts = value;
  } else {
    parts.append(value);
  }
  std::vector<media::Frame> frames;
  for (const py::handle part : parts) {
    const auto object = py::reinterpret_borrow<py::object>(part);
    try {
      frames.push_back(convert(object, opaque->head, type, options));
    } catch (const py::type_error&) {
      frames.push_back(to_frame(object));
    }
  }
  return frames;
}

media::Opaque to_opaque(media::Frame frame) {
  if (auto* const opaque = std::get_if<media::Opaque>(&frame)) return std::move(*opaque);
  media::Opaque made;
  made.head = std::visit([](const auto& kind) { return kind.head; }, frame);
  made.object = hold(to_python(frame));
  return made;
}

}  // namespace parley::python
