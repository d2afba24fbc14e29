// SPDX-License-Identifier: Apache-2.0
//
// The engine's frames as classes of Python: `parley.AudioFrame(samples, rate_hz=…)`, with arrays
// that look at their memory.
//
// Threads: with the GIL.
#pragma once

#include <optional>

#include "media/frame.h"
#include "py_value.h"

namespace parley::python {

void add_frame_types(py::module_& module);
/// None when `value` is no object of one of those classes.
[[nodiscard]] std::optional<media::Frame> frame_of_object(const py::object& value);

}  // namespace parley::python
