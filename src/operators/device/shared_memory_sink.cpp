// SPDX-License-Identifier: Apache-2.0
#include "operators/device/shared_memory_sink.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "media/copy_count.h"

namespace parley::operators {

using graph::Progress;
using media::MediaTime;

SharedMemorySinkOperator::SharedMemorySinkOperator(Options options)
    : options_(std::move(options)) {}

Status SharedMemorySinkOperator::open(graph::ProcessContext& /*context*/) {
  if (options_.path.empty()) {
    return Error{ErrorCode::invalid_argument,
                 "option 'path' is empty: a name for the shared-memory ring is needed"};
  }
  PARLEY_TRY(ring_,
             media::SharedRing::create(
                 {.slots = static_cast<std::size_t>(std::max(options_.slots, 0)),
                  .slot_bytes = static_cast<std::size_t>(std::max(options_.slot_bytes, 0))}));
  PARLEY_TRY(writer_, media::SharedRingWriter::claim(*ring_, options_.when_full, clock_));
  // The name comes last: who finds it finds a ring with a producer.
  PARLEY_TRY(media::SharedRingName name, ring_->publish(options_.path));
  name_.emplace(std::move(name));
  return {};
}

Result<Progress> SharedMemorySinkOperator::process(graph::ProcessContext& context) {
  // Here and not in `open`, where nobody may wake the strand yet.
  if (waiter_ == nullptr && options_.when_full == media::WhenRingFull::block) {
    waiter_ = std::make_unique<exec::WaitThread>("parley-ring", writer_->room(), context.waker());
  }
  while (const media::AudioFrame* frame = audio_.peek()) {
    const std::size_t samples = frame->samples.size() / sizeof(float) /
                                static_cast<std::size_t>(std::max(frame->format.channels, 1));
    while (offset_ < samples) {
      if (!write_piece(*frame)) return Progress::need_input;  // the waiter wakes us
    }
    offset_ = 0;
    static_cast<void>(audio_.pop());
  }
  return Progress::need_input;
}

bool SharedMemorySinkOperator::write_piece(const media::AudioFrame& frame) {
  const std::span<std::byte> slot = writer_->begin();
  if (slot.empty()) return false;
  const auto channels = static_cast<std::size_t>(frame.format.channels);
  const std::span<const float> samples = frame.samples.floats();
  const std::size_t per_channel = samples.size() / channels;
  const std::size_t count =
      std::min(per_channel - offset_, slot.size() / (sizeof(float) * channels));
  for (std::size_t channel = 0; channel < channels; ++channel) {  // planar
    std::memcpy(slot.data() + channel * count * sizeof(float),
                samples.data() + channel * per_channel + offset_, count * sizeof(float));
  }
  media::note_copied(count * channels * sizeof(float));
  media::SharedFrameHead head;
  head.format = frame.format;
  head.pts = frame.head.pts +
             MediaTime::from_samples(static_cast<std::int64_t>(offset_), frame.format.rate);
  head.sequence = sequence_++;
  head.bytes = count * channels * sizeof(float);
  writer_->commit(head);
  offset_ += count;
  return true;
}

void SharedMemorySinkOperator::close() noexcept {
  waiter_.reset();
  name_.reset();
  writer_.reset();
  ring_.reset();
}

media::SharedRingWriter::Stats SharedMemorySinkOperator::stats() const {
  return writer_ == nullptr ? media::SharedRingWriter::Stats{} : writer_->stats();
}

}  // namespace parley::operators
