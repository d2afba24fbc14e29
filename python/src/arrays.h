// SPDX-License-Identifier: Apache-2.0
//
// Arrays of NumPy and frames of the engine: one memory, but where an array has not the form that
// frames have.
//
// Threads: with the GIL.
#pragma once

#include <pybind11/numpy.h>

#include "media/frame.h"
#include "py_value.h"

namespace parley::python {

/// float32 takes no copy; int16 is scaled. One dimension, or (channels, samples).
[[nodiscard]] media::AudioFrame audio_of(const py::array& samples, int rate_hz);
/// uint8: (height, width), (height, width, 3) or (height, width, 4).
[[nodiscard]] media::VideoFrame video_of(const py::array& pixels);
[[nodiscard]] media::TensorFrame tensor_of(const py::array& data);

/// Arrays that look at the frame's memory, read-only because others may share it.
[[nodiscard]] py::array view_of(const media::AudioFrame& frame);
[[nodiscard]] py::array view_of(const media::VideoFrame& frame);
[[nodiscard]] py::array view_of(const media::TensorFrame& frame);

}  // namespace parley::python
