// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/gather_rows.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace parley::backend {

Status gather_rows(std::span<OrtValuePtr> values, std::span<const std::size_t> rows) {
  for (OrtValuePtr& value : values) {
    PARLEY_TRY(std::vector<std::int64_t> shape, shape_of(*value));
    PARLEY_TRY(const std::span<const float> from, floats(*value));
    const std::size_t row = from.size() / static_cast<std::size_t>(shape[0]);
    shape[0] = static_cast<std::int64_t>(rows.size());
    PARLEY_TRY(OrtValuePtr gathered, new_float_tensor(shape));
    PARLEY_TRY(const std::span<float> to, mutable_floats(*gathered));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::ranges::copy(from.subspan(rows[i] * row, row), to.subspan(i * row).begin());
    }
    value = std::move(gathered);
  }
  return {};
}

Status keep_positions(std::span<OrtValuePtr> values, std::size_t count) {
  for (OrtValuePtr& value : values) {
    PARLEY_TRY(std::vector<std::int64_t> shape, shape_of(*value));
    PARLEY_TRY(const std::span<const float> from, floats(*value));
    const auto size = static_cast<std::size_t>(shape[3]);
    const std::size_t before = static_cast<std::size_t>(shape[2]) * size;
    const std::size_t after = count * size;
    shape[2] = static_cast<std::int64_t>(count);
    PARLEY_TRY(OrtValuePtr kept, new_float_tensor(shape));
    PARLEY_TRY(const std::span<float> to, mutable_floats(*kept));
    const auto heads = static_cast<std::size_t>(shape[0] * shape[1]);
    for (std::size_t i = 0; i < heads; ++i) {
      std::ranges::copy(from.subspan(i * before, after), to.subspan(i * after).begin());
    }
    value = std::move(kept);
  }
  return {};
}

}  // namespace parley::backend
