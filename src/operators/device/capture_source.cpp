// SPDX-License-Identifier: Apache-2.0
#include "operators/device/capture_source.h"

#include <utility>

namespace parley::operators {

using graph::Progress;
using media::MediaTime;

CaptureSource::CaptureSource(Options options, AudioCard& card, media::BufferPool& buffers)
    : options_(std::move(options)),
      card_(card),
      buffers_(buffers),
      out_(*this, "audio", {.rate_hz = options_.rate_hz, .channels = 1}),
      frame_(static_cast<std::size_t>(options_.rate_hz) *
             static_cast<std::size_t>(options_.frame_ms) / 1000),
      ring_(static_cast<std::size_t>(options_.rate_hz) * kHeldMs / 1000) {}

Status CaptureSource::open(graph::ProcessContext& context) {
  waker_ = context.waker();
  PARLEY_TRY(stream_, card_.open_capture({.device = options_.device,
                                          .rate_hz = options_.rate_hz,
                                          .block_samples = frame_ / 2},
                                         *this));
  return {};
}

Result<Progress> CaptureSource::process(graph::ProcessContext&) {
  while (ring_.size() >= frame_) {
    if (!out_.has_room()) return Progress::blocked;
    media::AudioFrame frame;
    frame.format = {.rate = options_.rate_hz, .channels = 1};
    frame.samples = buffers_.take_floats(frame_);
    // What was dropped came after all that the ring held, but there is no telling where exactly:
    // the gap is put before what is read now.
    const std::uint64_t dropped = ring_.dropped();
    next_ += static_cast<std::int64_t>(dropped - dropped_seen_);
    dropped_seen_ = dropped;
    static_cast<void>(ring_.read(frame.samples.writable_floats()));
    frame.head.pts = MediaTime::from_samples(next_, options_.rate_hz);
    frame.head.duration =
        MediaTime::from_samples(static_cast<std::int64_t>(frame_), options_.rate_hz);
    next_ += static_cast<std::int64_t>(frame_);
    out_.push(std::move(frame));
  }
  return Progress::need_input;
}

void CaptureSource::on_captured(std::span<const float> samples) noexcept {
  ring_.write(samples);
  if (ring_.size() >= frame_) waker_.wake();
}

}  // namespace parley::operators
