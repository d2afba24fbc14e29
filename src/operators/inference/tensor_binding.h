// SPDX-License-Identifier: Apache-2.0
//
// How the options of an `onnx` node name a model's tensors. Each is `name`, then parts divided by
// colons; a shape is written `1x?x80` (`?`: as it comes), a scalar `scalar`.
//
//   inputs      name, or name:shape    `x:1x?x80`: frames are seen in that shape
//   outputs     name
//   state       input:output, or input:output:shape    `h:hn:2x1x128`: begins as zeros, and each
//   run
//               gets what the one before gave
//   constants   name:type:value        `sr:int64:16000`: the same in every run
//
// Threads: value types. Allocates: control path only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "media/tensor_shape.h"

namespace parley::operators {

inline constexpr std::int64_t kTensorElementsMax = 64 << 20;

struct TensorInput {
  std::string name;
  std::optional<media::TensorShape> shape;
};
struct TensorState {
  std::string input;
  std::string output;
  std::optional<media::TensorShape> shape;  // without kAny
};
struct TensorConstant {
  std::string name;
  media::ElementType element = media::ElementType::float32;
  double value = 0.0;
};

/// Errors of each: invalid_argument, with the text and what is expected.
Result<media::TensorShape> read_shape(std::string_view text);
Result<TensorInput> read_input(std::string_view text);
Result<TensorState> read_state(std::string_view text);
Result<TensorConstant> read_constant(std::string_view text);

/// `[1, ?, 80]`.
[[nodiscard]] std::string shape_text(const media::TensorShape& shape);
/// `wanted` with its one kAny, if any, worked out from the number of elements.
/// Errors: invalid_argument.
Result<media::TensorShape> reshaped(const media::TensorShape& wanted, std::size_t elements);

}  // namespace parley::operators
