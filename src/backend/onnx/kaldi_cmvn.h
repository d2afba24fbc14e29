// SPDX-License-Identifier: Apache-2.0
//
// The means and variances of features as FunASR's models bring them along (am.mvn): a Kaldi network
// of text with the two layers
//
//   <AddShift> D D
//   <LearnRateCoef> 0 [ D numbers ]
//   <Rescale> D D
//   <LearnRateCoef> 0 [ D numbers ]
//
// Threads: immutable.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace parley::backend {

struct KaldiCmvn {
  std::vector<float> shift;
  std::vector<float> scale;

  /// x = (x + shift) × scale. REQUIRES: row.size() == shift.size().
  void apply(std::span<float> row) const noexcept;
};

/// data_corrupt: a layer is missing, or has not `dimensions` finite numbers. The message does not
/// name the file.
[[nodiscard]] Result<KaldiCmvn> read_kaldi_cmvn(std::string_view text, std::size_t dimensions);

}  // namespace parley::backend
