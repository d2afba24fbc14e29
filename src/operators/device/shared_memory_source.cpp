// SPDX-License-Identifier: Apache-2.0
#include "operators/device/shared_memory_source.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <span>
#include <utility>

namespace parley::operators {

using graph::Progress;
using media::MediaTime;
using media::ProducerState;

namespace {

/// No infinity, no NaN: the exponent is not all ones. One pass over 320 samples is some 50 ns.
bool are_finite(std::span<const float> samples) noexcept {
  constexpr std::uint32_t kExponent = 0x7F80'0000;
  bool all = true;
  for (const float sample : samples) {
    all &= (std::bit_cast<std::uint32_t>(sample) & kExponent) != kExponent;
  }
  return all;
}

}  // namespace

SharedMemorySourceOperator::SharedMemorySourceOperator(Options options, media::BufferPool& buffers)
    : audio_(*this, "audio", {.rate_hz = options.rate_hz, .channels = options.channels}),
      options_(std::move(options)),
      buffers_(buffers) {}

Status SharedMemorySourceOperator::open(graph::ProcessContext& /*context*/) {
  if (options_.path.empty()) {
    return Error{ErrorCode::invalid_argument,
                 "option 'path' is empty: the name of a shared-memory ring is needed"};
  }
  const Status status = attach();
  // Nobody there yet; or this operator shall take the place of the one that is there.
  if (!status && status.error().code != ErrorCode::not_found &&
      status.error().code != ErrorCode::already_exists) {
    return status;
  }
  return {};
}

Result<Progress> SharedMemorySourceOperator::process(graph::ProcessContext& context) {
  if (ended_) return Progress::finished;
  if (reader_ == nullptr) {
    if (const Status status = attach(); !status) {
      tell(status.error(), context);
      context.wake_at(context.now() + kRetry);
      return Progress::need_input;
    }
    told_.clear();
  }
  do {
    // Here and not in `open`, where nobody may wake the strand yet.
    if (waiter_ == nullptr) {
      waiter_ = std::make_unique<exec::WaitThread>("parley-ring", reader_->news(), context.waker());
    }
    while (true) {
      if (!audio_.has_room()) return Progress::blocked;
      std::optional<media::SharedFrame> frame = reader_->read();
      if (!frame) break;
      give(*std::move(frame), context);
    }
    count(context);
  } while (look_at_producer(context));
  if (ended_) return Progress::finished;
  context.wake_at(context.now() + kRetry);
  return Progress::need_input;
}

bool SharedMemorySourceOperator::look_at_producer(graph::ProcessContext& context) {
  const ProducerState state = reader_->producer();
  if (state == ProducerState::alive || state == ProducerState::none) return false;
  // What it wrote between our last look into the ring and its end.
  if (reader_->has_more()) return true;
  if (state == ProducerState::gone) {
    context.report(
        {ErrorCode::unavailable, options_.path + ": the producer died; waiting for the next one"});
  }
  detach();
  if (state == ProducerState::finished && options_.finish_with_producer) {
    ended_ = true;
    return false;
  }
  return attach().has_value();
}

Status SharedMemorySourceOperator::attach() {
  PARLEY_TRY(const media::SharedRing ring, media::SharedRing::open_path(options_.path));
  Result<std::unique_ptr<media::SharedRingReader>> reader =
      media::SharedRingReader::claim(ring, buffers_);
  if (!reader) return reader.error().with_context(options_.path);
  reader_ = *std::move(reader);
  if (reader_->producer() == ProducerState::gone ||
      reader_->producer() == ProducerState::finished) {
    if (!reader_->has_more()) {  // a ring of the past, that only its name is left of
      reader_.reset();
      return Error{ErrorCode::not_found, options_.path + ": its producer has ended"};
    }
  }
  seen_ = {};
  is_rebased_ = false;
  return {};
}

Status SharedMemorySourceOperator::adopt(graph::Operator& predecessor) {
  auto* const old = dynamic_cast<SharedMemorySourceOperator*>(&predecessor);
  if (old == nullptr) return {};
  sequence_ = old->sequence_;
  end_ = old->end_;
  if (old->options_.path != options_.path) return {};
  detach();
  reader_ = std::move(old->reader_);
  waiter_ = std::move(old->waiter_);
  seen_ = old->seen_;
  stats_ = old->stats_;
  producers_ = old->producers_;
  offset_ = old->offset_;
  is_rebased_ = old->is_rebased_;
  ended_ = old->ended_;
  return {};
}

/// That the ring cannot be had, once. That there is none is not worth a word.
void SharedMemorySourceOperator::tell(const Error& error, graph::ProcessContext& context) {
  if (error.code == ErrorCode::not_found || error.message == told_) return;
  told_ = error.message;
  context.report(error);
}

void SharedMemorySourceOperator::detach() noexcept {
  waiter_.reset();
  reader_.reset();
}

void SharedMemorySourceOperator::give(media::SharedFrame shared, graph::ProcessContext& context) {
  const media::AudioFormat expected{.rate = options_.rate_hz, .channels = options_.channels};
  const bool is_audio =
      shared.head.kind == media::SharedFrameKind::audio && shared.head.format == expected;
  if (!is_audio || !are_finite(shared.data.floats())) {
    ++unfit_;
    if (std::exchange(told_unfit_, true)) return;
    context.report(
        {ErrorCode::data_corrupt,
         options_.path + (is_audio
                              ? ": a frame has samples that are not finite"
                              : ": a frame is not audio of " + std::to_string(expected.rate) +
                                    " Hz and " + std::to_string(expected.channels) + " channels")});
    return;
  }
  if (std::exchange(producers_, reader_->producers()) != producers_) is_rebased_ = false;
  if (!is_rebased_ || shared.head.pts + offset_ < end_) offset_ = end_ - shared.head.pts;
  is_rebased_ = true;

  media::AudioFrame frame;
  frame.format = expected;
  frame.head.pts = shared.head.pts + offset_;
  const std::size_t samples =
      shared.head.bytes / sizeof(float) / static_cast<std::size_t>(expected.channels);
  frame.head.duration = MediaTime::from_samples(static_cast<std::int64_t>(samples), expected.rate);
  frame.head.sequence = sequence_++;
  frame.samples = std::move(shared.data);
  end_ = frame.head.pts + frame.head.duration;
  audio_.push(std::move(frame));
}

void SharedMemorySourceOperator::count(graph::ProcessContext& context) {
  const media::SharedRingReader::Stats now = reader_->stats();
  const std::uint64_t lost = now.lost - seen_.lost;
  const std::uint64_t refused = now.refused - seen_.refused;
  stats_.read += now.read - seen_.read;
  stats_.lost += lost;
  stats_.refused += refused;
  seen_ = now;
  if (lost > 0) {
    context.report({ErrorCode::resource_exhausted, options_.path + ": the pipeline was behind, " +
                                                       std::to_string(lost) + " frames were lost"});
  }
  if (refused > 0) {
    context.report({ErrorCode::data_corrupt,
                    options_.path + ": " + std::to_string(refused) + " frames made no sense"});
  }
}

void SharedMemorySourceOperator::close() noexcept { detach(); }

}  // namespace parley::operators
