// SPDX-License-Identifier: Apache-2.0
//
// The shape of a tensor without an allocation, and what its elements are. In the contract of a port
// a dimension may be -1 ("any"); in a frame every dimension is at least 0.
//
//   TensorShape shape{1, 80, 100};
//   shape.dims()[1];             // 80
//   shape.elements();            // 8000
//
// Threads: value types.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "base/check.h"

namespace parley::media {

enum class ElementType : std::uint8_t { float32, float16, int8, uint8, int32, int64 };

/// Bytes of one element.
[[nodiscard]] constexpr std::size_t element_size(ElementType element) noexcept {
  switch (element) {
    case ElementType::int8:
    case ElementType::uint8:
      return 1;
    case ElementType::float16:
      return 2;
    case ElementType::float32:
    case ElementType::int32:
      return 4;
    case ElementType::int64:
      return 8;
  }
  return 0;
}

class TensorShape {
 public:
  static constexpr std::size_t kRankMax = 6;
  static constexpr std::int64_t kAny = -1;  // in contracts only

  TensorShape() = default;
  TensorShape(std::initializer_list<std::int64_t> dims)
      : TensorShape(std::span(dims.begin(), dims.size())) {}
  /// REQUIRES: at most kRankMax dimensions.
  explicit TensorShape(std::span<const std::int64_t> dims)
      : rank_(static_cast<std::uint8_t>(dims.size())) {
    PARLEY_CHECK(dims.size() <= kRankMax);
    std::copy(dims.begin(), dims.end(), dims_.begin());
  }

  [[nodiscard]] std::size_t rank() const noexcept { return rank_; }
  [[nodiscard]] std::span<const std::int64_t> dims() const noexcept {
    return std::span(dims_).first(rank_);
  }
  /// The product of the dimensions; 1 for rank 0. REQUIRES: none is kAny.
  [[nodiscard]] std::size_t elements() const noexcept {
    std::size_t product = 1;
    for (const std::int64_t dim : dims()) product *= static_cast<std::size_t>(dim);
    return product;
  }

  friend bool operator==(const TensorShape&, const TensorShape&) = default;

 private:
  std::array<std::int64_t, kRankMax> dims_{};  // zero beyond the rank, so that == is plain
  std::uint8_t rank_ = 0;
};

}  // namespace parley::media
