// SPDX-License-Identifier: Apache-2.0
//
// A weighted finite-state transducer as OpenFst stores it, read whole into two arrays. Files of
// type `vector` and `const` with arcs of type `standard` (tropical weights: costs that add up, the
// smallest wins) are read; symbol tables inside are skipped. Nothing of OpenFst's code is used; the
// format is that of its 1.7 releases (fst.cc, vector-fst.h, const-fst.h).
//
// The bytes come from outside: what does not add up is an Error that says what and where, and a
// file that lies about its size costs no more memory than it has bytes.
//
// Threads: immutable after `read`. Allocates: in `read` only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace parley::operators {

class FstGraph {
 public:
  static constexpr std::size_t kBytesMax = std::size_t{4} << 30U;
  static constexpr float kNotFinal = std::numeric_limits<float>::infinity();

  struct Arc {
    std::int32_t input;   // label; 0: epsilon
    std::int32_t output;  // label; 0: epsilon
    float cost;
    std::int32_t next;  // state
  };

  /// Errors: not_found, permission_denied, resource_exhausted (larger than kBytesMax), and those of
  /// `parse`.
  static Result<FstGraph> read(const std::filesystem::path& file);
  /// `name` stands for the file in messages. Errors: data_corrupt.
  static Result<FstGraph> parse(std::span<const std::byte> bytes, std::string_view name);

  [[nodiscard]] std::int32_t start() const noexcept { return start_; }
  [[nodiscard]] std::size_t states() const noexcept { return states_.size(); }
  [[nodiscard]] std::size_t arcs() const noexcept { return arcs_.size(); }
  /// kNotFinal when no path may end there.
  [[nodiscard]] float final_cost(std::int32_t state) const noexcept {
    return states_[static_cast<std::size_t>(state)].final_cost;
  }
  [[nodiscard]] std::span<const Arc> arcs_of(std::int32_t state) const noexcept {
    const State& from = states_[static_cast<std::size_t>(state)];
    return std::span(arcs_).subspan(from.first, from.count);
  }
  [[nodiscard]] std::int32_t input_max() const noexcept { return input_max_; }
  [[nodiscard]] std::int32_t output_max() const noexcept { return output_max_; }

 private:
  friend class FstParser;
  struct State {
    float final_cost;
    std::uint32_t count;
    std::uint64_t first;
  };

  FstGraph() = default;

  std::int32_t start_ = 0;
  std::int32_t input_max_ = 0;
  std::int32_t output_max_ = 0;
  std::vector<State> states_;
  std::vector<Arc> arcs_;
};

}  // namespace parley::operators
