// SPDX-License-Identifier: Apache-2.0
//
// The Realtime API's input audio buffer: what the user said and nobody has committed yet, 16 kHz
// mono, addressed by time on the input stream. The turn operator writes it, recognition and the
// agent read stretches of it. Kept as s16: half the memory, and recognition loses nothing by it.
//
// Bounded: at kInputBufferMax the oldest 10 s go (counted). Threads: strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/metrics.h"
#include "media/media_time.h"

namespace parley::operators {

inline constexpr int kInputBufferRate = 16'000;  // Hz
inline constexpr media::MediaTime kInputBufferMax =
    media::MediaTime::from_ms(std::int64_t{10} * 60 * 1000);

class InputBuffer {
 public:
  /// `start`: the time of the first sample; a gap after the end is filled with silence.
  void append(media::MediaTime start, std::span<const float> samples);
  /// Forgets what lies before `time`.
  void discard_before(media::MediaTime time);

  [[nodiscard]] media::MediaTime begin() const { return at(first_); }
  [[nodiscard]] media::MediaTime end() const {
    return at(first_ + static_cast<std::int64_t>(samples_.size()));
  }
  /// The samples in [from, to), cut to what is held.
  [[nodiscard]] std::span<const std::int16_t> range(media::MediaTime from,
                                                    media::MediaTime to) const;
  [[nodiscard]] std::uint64_t dropped_samples() const { return dropped_; }
  /// Counts them there too, over all sessions.
  void count_dropped_in(Counter& metric) { dropped_metric_ = &metric; }
  /// What it has allocated.
  [[nodiscard]] std::size_t memory_bytes() const { return samples_.capacity() * 2; }

 private:
  [[nodiscard]] static media::MediaTime at(std::int64_t sample) {
    return media::MediaTime::from_samples(sample, kInputBufferRate);
  }
  void drop_front(std::int64_t count);

  std::int64_t first_ = 0;  // index of samples_[0] on the stream
  std::vector<std::int16_t> samples_;
  std::uint64_t dropped_ = 0;
  Counter* dropped_metric_ = nullptr;
};

}  // namespace parley::operators
