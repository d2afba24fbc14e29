// SPDX-License-Identifier: Apache-2.0
//
// Cuts a stream into overlapping windows: 25 ms every 10 ms. Chunks of any size go in; the windows
// are the same however the stream was cut. Where the first window lies is the edge's convention:
//
//   snip       window t covers samples [t hop, t hop + size): only whole windows (Kaldi's
//              snip_edges, FunASR)
//   kaldi      window t is centred in hop t; missing samples are mirrored with the edge repeated
//              (Kaldi's snip_edges = false, sherpa-onnx)
//   centred    window t is centred at sample t hop; mirrored without repeating the edge
//   (torch.stft,
//              Whisper)
//
//   cutter.push(samples);
//   while (cutter.next(window)) …
//   cutter.finish();                    // the end of the stream: what the edge's convention adds
//   while (cutter.next(window)) …
//
// Threads: one owner. Allocates: while the ring grows; warm, never.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "media/audio_ring.h"

namespace parley::dsp {

enum class WindowEdge : std::uint8_t { snip, kaldi, centred };

class WindowCutter {
 public:
  /// REQUIRES: 0 < hop <= size. `samples_max`: the most that one push brings.
  WindowCutter(std::size_t size, std::size_t hop, WindowEdge edge, std::size_t samples_max);

  /// REQUIRES: every window that was ready has been taken; samples.size() <= samples_max.
  void push(std::span<const float> samples);
  /// Says that nothing follows; then `next` gives the windows that the edge's convention adds.
  void finish();
  /// Copies the next window into `out`, or returns false. REQUIRES: out.size() == size.
  bool next(std::span<float> out);
  /// Forgets the stream; the next sample is its first.
  void reset();

  /// Windows given since the stream began.
  [[nodiscard]] std::int64_t count() const noexcept { return count_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t hop() const noexcept { return hop_; }

 private:
  [[nodiscard]] std::int64_t begin_of(std::int64_t window) const noexcept;
  [[nodiscard]] std::int64_t windows_at_end() const noexcept;
  [[nodiscard]] float sample_at(std::int64_t index) const noexcept;

  const std::size_t size_;
  const std::size_t hop_;
  const WindowEdge edge_;
  media::AudioRing ring_;
  std::int64_t base_ = 0;   // of the ring's indices: where the stream began
  std::int64_t total_ = 0;  // samples of the stream so far
  std::int64_t count_ = 0;
  bool finished_ = false;
};

}  // namespace parley::dsp
