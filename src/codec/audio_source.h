// SPDX-License-Identifier: Apache-2.0
//
// A recording as mono samples, pulled block by block: however long it is, only a block of it is in
// memory as samples.
//
//   std::vector<float> block(16'000);
//   while (true) {
//     PARLEY_TRY(const std::size_t count, source->read(block));
//     if (count == 0) break;
//     hear(std::span(block).first(count));
//   }
//
// Threads: one owner. Where the bytes are on a disk or come from another program `read` may block:
// not for a strand.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/result.h"

namespace parley::codec {

class AudioSource {
 public:
  virtual ~AudioSource() = default;

  /// Writes the next samples, in [-1, 1], from the front of `block`; how many. Fewer than there is
  /// room for only at the end, and 0 when there are no more. After an error, only errors.
  /// Errors: data_corrupt (damaged), resource_exhausted (longer than the limit).
  virtual Result<std::size_t> read(std::span<float> block) = 0;

  /// Hz, of the samples that `read` gives.
  [[nodiscard]] virtual int rate() const = 0;
  /// How long the recording says that it is; nothing when it does not say. It may be wrong.
  [[nodiscard]] virtual std::optional<double> stated_seconds() const = 0;
};

}  // namespace parley::codec
