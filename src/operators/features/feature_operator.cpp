// SPDX-License-Identifier: Apache-2.0
#include "operators/features/feature_operator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "dsp/whisper_log_mel.h"
#include "media/copy_count.h"

namespace parley::operators {

using graph::Progress;
using media::MediaTime;

namespace {

// How much of a frame goes into the cutter at a time.
constexpr std::size_t kChunkSamples = 4'096;

}  // namespace

Result<Progress> FeatureOperator::process(graph::ProcessContext&) {
  while (true) {
    if (take_windows() == Step::blocked) return Progress::blocked;
    const media::AudioFrame* frame = audio_.peek();
    if (frame == nullptr) return Progress::need_input;
    if (frame->format.rate != shape_.rate_hz || frame->format.channels != 1) {
      const media::AudioFormat format = frame->format;
      static_cast<void>(audio_.pop());
      return Error{ErrorCode::invalid_argument, "a frame of " + std::to_string(format.rate) +
                                                    " Hz and " + std::to_string(format.channels) +
                                                    " channels; wanted are " +
                                                    std::to_string(shape_.rate_hz) + " Hz, mono"};
    }
    if (offset_ == 0) {
      if (is_jump(frame->head.pts)) {
        ++jumps_;
        finishing_ = true;
        cutter_.finish();
        continue;
      }
      if (taken_ == 0) begin(frame->head.pts);
      stream_ = frame->head.stream;
    }
    const std::span<const float> samples = frame->samples.floats().subspan(offset_);
    const auto chunk = samples.first(std::min(samples.size(), kChunkSamples));
    cutter_.push(chunk);
    taken_ += static_cast<std::int64_t>(chunk.size());
    offset_ += chunk.size();
    if (chunk.size() < samples.size()) continue;
    is_last_ = frame->head.is_last;
    static_cast<void>(audio_.pop());
    offset_ = 0;
    if (is_last_) {
      finishing_ = true;
      cutter_.finish();
    }
  }
}

bool FeatureOperator::is_jump(MediaTime pts) const {
  if (taken_ == 0) return false;
  const std::int64_t off = (pts - begin_ - time_of(taken_)).flicks;
  const std::int64_t hop = time_of(static_cast<std::int64_t>(cutter_.hop())).flicks;
  return off > hop || off < -hop;
}

FeatureOperator::Step FeatureOperator::take_windows() {
  while (true) {
    if (!features_.has_room()) return Step::blocked;
    if (!next_row()) break;
    add_row();
    if (filled_ == shape_.rows) push_rows();
  }
  if (!finishing_) return Step::done;
  if (filled_ > 0 || is_last_) push_rows();
  finishing_ = false;
  is_last_ = false;
  taken_ = 0;
  return Step::done;
}

/// Puts the next row into `row_`, or returns false.
bool FeatureOperator::next_row() {
  if (!deltas_) {
    if (!cutter_.next(window_)) return false;
    kernel_->compute(window_, row_);
    return true;
  }
  while (!deltas_->next(row_)) {
    if (cutter_.next(window_)) {
      kernel_->compute(window_, plain_row_);
      deltas_->push(plain_row_);
      continue;
    }
    if (!finishing_ || deltas_->finished()) return false;
    deltas_->finish();
  }
  return true;
}

void FeatureOperator::add_row() {
  const std::size_t width = row_.size();
  if (filled_ == 0) rows_ = buffers_.take_floats(width * static_cast<std::size_t>(shape_.rows));
  std::copy(row_.begin(), row_.end(),
            rows_.writable_floats().begin() +
                static_cast<std::ptrdiff_t>(width * static_cast<std::size_t>(filled_)));
  media::note_copied(width * sizeof(float));
  ++filled_;
}

void FeatureOperator::push_rows() {
  const auto hop = static_cast<std::int64_t>(cutter_.hop());
  const std::size_t floats = row_.size() * static_cast<std::size_t>(filled_);
  media::TensorFrame frame;
  frame.head.stream = stream_;
  frame.head.pts = begin_ + time_of(given_ * hop);
  frame.head.duration = time_of(filled_ * hop);
  frame.head.is_last = finishing_ && is_last_;
  frame.shape = {filled_, static_cast<std::int64_t>(row_.size())};
  if (filled_ > 0) {
    if (shape_.level) dsp::WhisperLogMel::level(rows_.writable_floats().first(floats));
    frame.data = rows_.slice(0, floats * sizeof(float));
  }
  rows_ = {};
  given_ += filled_;
  filled_ = 0;
  features_.push(std::move(frame));
}

void FeatureOperator::begin(MediaTime pts) {
  begin_ = pts;
  given_ = 0;
  cutter_.reset();
  if (deltas_) deltas_->reset();
}

MediaTime FeatureOperator::time_of(std::int64_t samples) const {
  return MediaTime::from_samples(samples, shape_.rate_hz);
}

FeatureOperator::FeatureOperator(Shape shape, std::unique_ptr<FeatureKernel> kernel,
                                 media::BufferPool& buffers)
    : shape_(shape),
      kernel_(std::move(kernel)),
      buffers_(buffers),
      audio_(*this, "audio", {.rate_hz = shape.rate_hz, .channels = 1}),
      features_(*this, "features",
                {.shape = {media::TensorShape::kAny,
                           static_cast<std::int64_t>(kernel_->dimensions() *
                                                     (shape.deltas ? dsp::Deltas::kParts : 1))}}),
      cutter_(kernel_->window_samples(), kernel_->hop_samples(), shape.edge, kChunkSamples),
      window_(kernel_->window_samples()),
      plain_row_(kernel_->dimensions()),
      row_(kernel_->dimensions() * (shape.deltas ? dsp::Deltas::kParts : 1)) {
  PARLEY_CHECK(shape.rows >= 1 && shape.rows <= kRowsMax);
  if (shape.deltas) deltas_.emplace(kernel_->dimensions());
}

}  // namespace parley::operators
