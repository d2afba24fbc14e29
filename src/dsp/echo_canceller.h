// SPDX-License-Identifier: Apache-2.0
//
// Takes out of the microphone what the loudspeaker said. An adaptive filter learns the path from
// the one to the other, loudspeaker first, and its prediction is subtracted; on demand what is left
// of the echo is turned down further.
//
// The reference must be what was played, block by block, at most `tail_ms` before it is heard back;
// it need not be aligned more exactly, since the filter learns the delay.
//
// Kernel: speexdsp's echo canceller (Valin, "On adjusting the learning rate in frequency domain
// echo cancellation with double-talk", 2007). Measured in tests/dsp/echo_canceller_test.cpp.
// Threads: one owner. Allocates: in `make` only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

namespace parley::dsp {

struct EchoCancellerOptions {
  int rate = 16'000;  // Hz, 8000 to 48000
  /// Longest path: buffers of the sound card, plus the room. 20 to 1000 ms.
  int tail_ms = 200;
  /// Turns down what the filter leaves; makes the output one block late.
  bool suppress = true;
};

class EchoCanceller {
 public:
  static constexpr int kBlockMs = 10;
  static constexpr int kTailMinMs = 20;
  static constexpr int kTailMaxMs = 1'000;

  /// Errors: invalid_argument, resource_exhausted (no memory).
  static Result<EchoCanceller> make(const EchoCancellerOptions& options);

  [[nodiscard]] std::size_t block_samples() const noexcept { return near_.size(); }
  /// How late the output is: a block with `suppress`, else nothing.
  [[nodiscard]] std::size_t latency() const noexcept {
    return suppressor_ == nullptr ? 0 : near_.size();
  }
  /// `near`, the microphone, in place. REQUIRES: both have block_samples() samples.
  void process(std::span<float> near, std::span<const float> reference) noexcept;
  /// Forgets the path; the next block is the first.
  void reset() noexcept;

 private:
  struct FreeEcho {
    void operator()(void* state) const noexcept;
  };
  struct FreeSuppressor {
    void operator()(void* state) const noexcept;
  };
  explicit EchoCanceller(std::size_t block) : near_(block), reference_(block), out_(block) {}

  std::unique_ptr<void, FreeEcho> echo_;              // SpeexEchoState
  std::unique_ptr<void, FreeSuppressor> suppressor_;  // SpeexPreprocessState; null: off
  std::vector<std::int16_t> near_;
  std::vector<std::int16_t> reference_;
  std::vector<std::int16_t> out_;
};

}  // namespace parley::dsp
