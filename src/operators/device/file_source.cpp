// SPDX-License-Identifier: Apache-2.0
#include "operators/device/file_source.h"

#include <algorithm>
#include <utility>

#include "codec/audio_file.h"

namespace parley::operators {

using graph::Progress;
using media::MediaTime;

namespace {

// What one call gives at most, so that a fast source with fast consumers lets others have a turn.
constexpr int kFramesPerCall = 64;

}  // namespace

FileSource::FileSource(Options options, media::BufferPool& buffers)
    : options_(std::move(options)),
      buffers_(buffers),
      out_(*this, "audio", {.rate_hz = options_.rate_hz, .channels = 1}),
      frame_(static_cast<std::size_t>(options_.rate_hz) *
             static_cast<std::size_t>(options_.frame_ms) / 1000) {}

Status FileSource::open(graph::ProcessContext&) {
  PARLEY_TRY(const codec::AudioClip clip,
             codec::read_audio_file(options_.path,
                                    {.rate = options_.rate_hz,
                                     .seconds_max = static_cast<double>(options_.seconds_max)}));
  if (clip.samples.empty()) {
    return Error{ErrorCode::data_corrupt, options_.path + ": there is no audio in it"};
  }
  samples_ = buffers_.copy_of(clip.samples);
  total_ = clip.samples.size();
  return {};
}

Result<Progress> FileSource::process(graph::ProcessContext& context) {
  if (!has_started_) {
    has_started_ = true;
    started_ = context.now();
  }
  for (int i = 0; i < kFramesPerCall; ++i) {
    if (options_.paced && due() > context.now()) {
      context.wake_at(due());
      return Progress::need_input;
    }
    if (!out_.has_room()) return Progress::blocked;
    push_frame();
    if (next_ < total_) continue;
    if (!options_.loop) return Progress::finished;
    next_ = 0;
  }
  return Progress::more_output;
}

Instant FileSource::due() const {
  return started_ + MediaTime::from_samples(given_, options_.rate_hz).nanos();
}

void FileSource::push_frame() {
  const std::size_t count = std::min(frame_, total_ - next_);
  media::AudioFrame frame;
  frame.head.pts = MediaTime::from_samples(given_, options_.rate_hz);
  frame.head.duration = MediaTime::from_samples(static_cast<std::int64_t>(count), options_.rate_hz);
  frame.format = {.rate = options_.rate_hz, .channels = 1};
  frame.samples = samples_.slice(next_ * sizeof(float), count * sizeof(float));
  next_ += count;
  given_ += static_cast<std::int64_t>(count);
  frame.head.is_last = next_ == total_ && !options_.loop;
  out_.push(std::move(frame));
}

}  // namespace parley::operators
