// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "backend/onnx/ort_value.h"

namespace parley::backend {

/// Row i of each tensor of floats becomes a copy of its row rows[i]; there are then rows.size() of
/// them. REQUIRES: every row is there.
///
/// Threads: any; the values have one owner.
[[nodiscard]] Status gather_rows(std::span<OrtValuePtr> values, std::span<const std::size_t> rows);

/// Of each tensor of floats [rows, heads, positions, size] the first `count` positions stay.
/// REQUIRES: they are there.
///
/// Threads: as gather_rows.
[[nodiscard]] Status keep_positions(std::span<OrtValuePtr> values, std::size_t count);

}  // namespace parley::backend
