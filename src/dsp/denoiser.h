// SPDX-License-Identifier: Apache-2.0
//
// Takes steady noise out of speech: fans, cars, hiss. Block by block of 10 ms; the estimate of the
// noise settles within about a second.
//
// Output comes one block late, since windows overlap by half: the first block out is the fade-in of
// silence, and what belongs to the last block in comes with one block more.
//
// Kernel: speexdsp's preprocessor (after Ephraim and Malah, 1984; Cohen's noise estimate, 2003),
// which works on 16-bit samples. Measured in bench/dsp/dsp_bench.cpp and
// tests/dsp/denoiser_test.cpp.
// Threads: one owner. Allocates: in `make` only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

namespace parley::dsp {

struct DenoiserOptions {
  int rate = 16'000;     // Hz, 8000 to 48000
  int suppress_db = 25;  // how far noise is turned down at most, 1 to 60
};

class Denoiser {
 public:
  static constexpr int kBlockMs = 10;
  static constexpr int kSuppressMaxDb = 60;

  /// Errors: invalid_argument, resource_exhausted (no memory).
  static Result<Denoiser> make(const DenoiserOptions& options);

  [[nodiscard]] std::size_t block_samples() const noexcept { return pcm_.size(); }
  /// How late the output is: one block.
  [[nodiscard]] std::size_t latency() const noexcept { return pcm_.size(); }
  /// Changes `suppress_db`; what is known of the noise stays. REQUIRES: 1 to kSuppressMaxDb.
  void set_suppress(int suppress_db) noexcept;
  /// One block in place. REQUIRES: block.size() == block_samples().
  void process(std::span<float> block) noexcept;

 private:
  struct Free {
    void operator()(void* state) const noexcept;
  };
  explicit Denoiser(std::size_t block) : pcm_(block) {}

  std::unique_ptr<void, Free> state_;  // SpeexPreprocessState
  std::vector<std::int16_t> pcm_;
};

}  // namespace parley::dsp
