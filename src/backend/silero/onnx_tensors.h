// SPDX-License-Identifier: Apache-2.0
//
// The weights in an ONNX file, and nothing else of it: no graph, no runtime.
//
//   PARLEY_TRY(const std::vector<OnnxTensor> tensors, read_onnx_tensors(bytes));
//
// Format: protocol buffers (protobuf.dev/programming-guides/encoding); the fields are those of
// onnx.proto: ModelProto.graph = 7, GraphProto.initializer = 5, TensorProto.dims = 1, data_type =
// 2, name = 8, raw_data = 9 (little-endian).
//
// Threads: any (pure).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace parley::backend {

/// Float32 values of one initializer; looks into the file's bytes, at any alignment.
struct OnnxTensor {
  static constexpr std::size_t kRankMax = 8;

  std::string_view name;
  std::array<std::int64_t, kRankMax> dims{};
  std::size_t rank = 0;
  std::string_view raw;
};

/// Other element types, and float32 that is not stored as raw data, are left out.
/// data_corrupt: the bytes are no such file, or a part of one.
[[nodiscard]] Result<std::vector<OnnxTensor>> read_onnx_tensors(std::string_view bytes);

}  // namespace parley::backend
