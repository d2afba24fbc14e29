// SPDX-License-Identifier: Apache-2.0
//
// What of a format a port demands (inputs) or promises (outputs) beyond its frame kind, so that a
// graph with the wrong sample rate is refused before a frame moves. What is not said is not
// checked.
//
// Threads: value types.
#pragma once

#include <string>

#include "media/tensor_shape.h"

namespace parley::graph {

struct PortFormat {
  int rate_hz = 0;                // of audio; 0: any, or not known before it runs
  int channels = 0;               // of audio; likewise
  media::TensorShape shape = {};  // of tensors; rank 0: any; a dimension may be kAny

  friend bool operator==(const PortFormat&, const PortFormat&) = default;
};

/// True when nothing that both say differs.
[[nodiscard]] bool fits(const PortFormat& given, const PortFormat& wanted);

/// `first`, and what it leaves open from `second`.
[[nodiscard]] PortFormat merged(const PortFormat& first, const PortFormat& second);

/// ` at 16000 Hz, 1 channel`, ` of shape [1, any, 40]`, or nothing; follows the name of a kind.
[[nodiscard]] std::string format_text(const PortFormat& format);

/// What to do where `given` does not fit `wanted`, in the words of a graph file.
[[nodiscard]] std::string advice_text(const PortFormat& given, const PortFormat& wanted);

}  // namespace parley::graph
