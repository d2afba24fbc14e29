// SPDX-License-Identifier: Apache-2.0
#include "arrays.h"

#include <utility>
#include <vector>

#include "engine.h"
#include "media/copy_count.h"

namespace parley::python {

namespace {

using media::ElementType;

/// The array itself when it lies in memory as frames do, or else a copy of it that does.
py::array contiguous(const py::array& array, const char* dtype) {
  const bool is_as_wanted =
      (array.flags() & py::array::c_style) != 0 && array.dtype().equal(py::dtype(dtype));
  if (is_as_wanted) return array;
  media::note_copied(static_cast<std::size_t>(array.nbytes()));
  return py::module_::import("numpy").attr("ascontiguousarray")(array, py::dtype(dtype));
}

media::BufferRef wrapped(const py::array& array) {
  const auto* const data = static_cast<const std::byte*>(array.data());
  return wrap_memory(Engine::instance().buffers(), {data, static_cast<std::size_t>(array.nbytes())},
                     array);
}

std::string dtype_name(const py::array& array) { return py::str(array.dtype()); }

py::dtype dtype_of(ElementType element) {
  switch (element) {
    case ElementType::float32:
      return py::dtype("float32");
    case ElementType::float16:
      return py::dtype("float16");
    case ElementType::int8:
      return py::dtype("int8");
    case ElementType::uint8:
      return py::dtype("uint8");
    case ElementType::int32:
      return py::dtype("int32");
    case ElementType::int64:
      break;
  }
  return py::dtype("int64");
}

ElementType element_of(const py::array& array) {
  for (const ElementType element : {ElementType::float32, ElementType::float16, ElementType::int8,
                                    ElementType::uint8, ElementType::int32, ElementType::int64}) {
    if (array.dtype().equal(dtype_of(element))) return element;
  }
  throw py::type_error("an array of " + dtype_name(array) +
                       " is no tensor; give float32, float16, int8, uint8, int32 or int64");
}

py::array read_only_view(const py::dtype& dtype, std::vector<py::ssize_t> shape,
                         const media::BufferRef& buffer) {
  if (buffer.empty()) return py::array(dtype, std::move(shape));
  py::array view(dtype, std::move(shape), buffer.bytes().data(), keep_alive(buffer));
  view.attr("flags").attr("writeable") = false;
  return view;
}

}  // namespace

media::AudioFrame audio_of(const py::array& samples, int rate_hz) {
  if (samples.ndim() < 1 || samples.ndim() > 2) {
    throw py::type_error("audio is an array (samples,) or (channels, samples)");
  }
  py::array floats = samples;
  if (samples.dtype().equal(py::dtype("int16"))) {
    floats = samples.attr("astype")(py::dtype("float32")).attr("__mul__")(1.0F / 32'768.0F);
  }
  floats = contiguous(floats, "float32");
  media::AudioFrame frame;
  frame.format.rate = rate_hz;
  frame.format.channels = samples.ndim() == 1 ? 1 : static_cast<int>(samples.shape(0));
  frame.samples = wrapped(floats);
  const auto length = static_cast<std::int64_t>(samples.shape(samples.ndim() - 1));
  frame.head.duration = media::MediaTime::from_samples(length, rate_hz);
  return frame;
}

media::VideoFrame video_of(const py::array& pixels) {
  const bool is_picture = pixels.dtype().equal(py::dtype("uint8")) &&
                          (pixels.ndim() == 2 ||
                           (pixels.ndim() == 3 && (pixels.shape(2) == 3 || pixels.shape(2) == 4)));
  if (!is_picture) {
    throw py::type_error(
        "a picture is an array of uint8, (height, width), (height, width, 3) or "
        "(height, width, 4)");
  }
  media::VideoFrame frame;
  frame.height = static_cast<int>(pixels.shape(0));
  frame.width = static_cast<int>(pixels.shape(1));
  frame.format = pixels.ndim() == 2     ? media::PixelFormat::gray8
                 : pixels.shape(2) == 3 ? media::PixelFormat::rgb24
                                        : media::PixelFormat::rgba32;
  frame.pixels = wrapped(contiguous(pixels, "uint8"));
  return frame;
}

media::TensorFrame tensor_of(const py::array& data) {
  if (data.ndim() > static_cast<py::ssize_t>(media::TensorShape::kRankMax)) {
    throw py::type_error("a tensor has at most 6 dimensions");
  }
  media::TensorFrame frame;
  frame.element = element_of(data);
  const std::vector<std::int64_t> dims(data.shape(), data.shape() + data.ndim());
  frame.shape = media::TensorShape(dims);
  frame.data = wrapped(contiguous(data, dtype_name(data).c_str()));
  return frame;
}

py::array view_of(const media::AudioFrame& frame) {
  const auto samples = static_cast<py::ssize_t>(frame.samples.size() / sizeof(float));
  const auto channels = static_cast<py::ssize_t>(frame.format.channels);
  std::vector<py::ssize_t> shape{samples};
  if (channels > 1) shape = {channels, samples / channels};
  return read_only_view(py::dtype("float32"), std::move(shape), frame.samples);
}

py::array view_of(const media::VideoFrame& frame) {
  std::vector<py::ssize_t> shape{frame.height, frame.width};
  switch (frame.format) {
    case media::PixelFormat::gray8:
      break;
    case media::PixelFormat::rgb24:
      shape.push_back(3);
      break;
    case media::PixelFormat::rgba32:
      shape.push_back(4);
      break;
    case media::PixelFormat::i420:  // planes one after another: as many rows as they fill
      shape[0] = frame.height + frame.height / 2;
      break;
  }
  return read_only_view(py::dtype("uint8"), std::move(shape), frame.pixels);
}

py::array view_of(const media::TensorFrame& frame) {
  const auto dims = frame.shape.dims();
  return read_only_view(dtype_of(frame.element), {dims.begin(), dims.end()}, frame.data);
}

}  // namespace parley::python
