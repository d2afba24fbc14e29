// SPDX-License-Identifier: Apache-2.0
//
// Changes the sample rate of one mono stream, in chunks of any size; chunk borders leave no trace:
// the same samples come out, bit for bit, however the input was cut.
//
// The filter needs `latency` samples of future. They are not heard as a delay: output sample k
// belongs to the instant k / to, the first call just gives fewer samples. `flush` ends a stream: it
// feeds silence until the output is as long as the input, which is ceil(input * to / from) samples.
//
//   PARLEY_TRY(Resampler resampler, Resampler::make(24'000, 16'000));
//   out.resize(resampler.output_size(in.size()));
//   resampler.process(in, out);
//   tail.resize(resampler.flush_size());
//   resampler.flush(tail);
//
// Threads: one owner. Allocates: in `make` only. Kernel: speexdsp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"

namespace parley::dsp {

class Resampler {
 public:
  static constexpr int kRateMin = 1'000;  // Hz
  static constexpr int kRateMax = 384'000;
  // speexdsp's scale 0..10. At 3 the pass band ends at 82 % of the lower Nyquist frequency and the
  // latency is 1.5 ms at 16 kHz; at 8 they are 94 % and 5 ms: for files, where nobody waits.
  static constexpr int kQualityLive = 3;
  static constexpr int kQualityFile = 8;

  /// Equal rates pass samples through untouched. Errors: invalid_argument (a rate out of range),
  /// resource_exhausted (no memory for the filter).
  static Result<Resampler> make(int from, int to, int quality = kQualityLive);

  /// How many samples `process` gives for `input` more: exact.
  [[nodiscard]] std::size_t output_size(std::size_t input) const;
  /// Takes all of `in`. Returns the number of samples written, which is output_size(in.size()).
  /// REQUIRES: out.size() >= output_size(in.size()); `in` and `out` do not overlap.
  std::size_t process(std::span<const float> in, std::span<float> out) noexcept;

  [[nodiscard]] std::size_t flush_size() const;
  /// Gives the rest of the stream, then is as new. REQUIRES: out.size() >= flush_size().
  std::size_t flush(std::span<float> out) noexcept;
  /// Forgets the stream; the next sample is its first.
  void reset() noexcept;

  [[nodiscard]] int from() const { return from_; }
  [[nodiscard]] int to() const { return to_; }
  /// Input samples that must follow an instant before its output is given.
  [[nodiscard]] std::size_t latency() const { return static_cast<std::size_t>(latency_); }

 private:
  struct Free {
    void operator()(void* state) const noexcept;
  };

  Resampler(int from, int to);
  [[nodiscard]] std::int64_t given_after(std::int64_t input) const;
  void feed(std::span<const float> in, std::span<float> out) noexcept;

  std::unique_ptr<void, Free> state_;  // SpeexResamplerState; null while the rates are equal
  int from_;
  int to_;
  std::int64_t from_part_;  // the rates without their common divisor
  std::int64_t to_part_;
  std::int64_t latency_ = 0;
  std::int64_t input_ = 0;  // samples taken since the stream began
};

}  // namespace parley::dsp
