// SPDX-License-Identifier: Apache-2.0
//
// Values of Python and frames of the engine, without a copy where memory has the right form.
//
// An array that stays in Python travels as it is (Opaque). Where an operator of the box wants
// audio, pictures or tensors, its memory is wrapped; frames that come back show theirs as arrays.
//
// Threads: with the GIL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media/frame.h"
#include "py_value.h"

namespace parley::python {

/// The pts of a frame that nobody gave one: whoever feeds it to an operator of the box counts.
inline constexpr media::MediaTime kNoTime{INT64_MIN};

[[nodiscard]] double seconds_of(media::MediaTime time);
[[nodiscard]] media::MediaTime media_time_of(double seconds);

/// The object that an Opaque carries, or else a frame object (frame_types.h).
[[nodiscard]] py::object to_python(const media::Frame& frame);
/// The frame that a frame object shows, or else an Opaque that carries the object.
[[nodiscard]] media::Frame to_frame(const py::object& value);

struct ConvertOptions {
  int rate_hz = 16'000;  // of arrays that are audio
};
/// `frame` as frames of the kind that a port takes (frame_type.h): itself, or what its object can
/// stand for; a list stands for several. Throws TypeError with what would fit.
[[nodiscard]] std::vector<media::Frame> to_kind(const media::Frame& frame, std::size_t type,
                                                const ConvertOptions& options);

/// As `to_kind` where that fits, and otherwise as it is.
[[nodiscard]] std::vector<media::Frame> to_kind_or_object(const media::Frame& frame,
                                                          std::size_t type,
                                                          const ConvertOptions& options);
/// `frame` as an object of Python in an Opaque, with the same header.
[[nodiscard]] media::Opaque to_opaque(media::Frame frame);

}  // namespace parley::python
