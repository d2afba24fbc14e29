// SPDX-License-Identifier: Apache-2.0
#include "operators/flow/batch_operator.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "media/copy_count.h"

namespace parley::operators {

using graph::Progress;
using media::AudioFrame;
using media::TensorFrame;

namespace {

const media::BufferRef& bytes_of(const TensorFrame& frame) { return frame.data; }
const media::BufferRef& bytes_of(const AudioFrame& frame) { return frame.samples; }
media::ElementType element_of(const TensorFrame& frame) { return frame.element; }
media::ElementType element_of(const AudioFrame& /*frame*/) { return media::ElementType::float32; }
media::TensorShape shape_of(const TensorFrame& frame) { return frame.shape; }
media::TensorShape shape_of(const AudioFrame& frame) {
  return {static_cast<std::int64_t>(frame.samples.size() / sizeof(float))};
}

bool are_alike(const TensorFrame& a, const TensorFrame& b) {
  return a.shape == b.shape && a.element == b.element;
}
bool are_alike(const AudioFrame& a, const AudioFrame& b) {
  return a.format == b.format && a.samples.size() == b.samples.size();
}

/// An end without a frame.
template <typename FrameType>
bool is_end_only(const FrameType& frame) {
  return frame.head.is_last && bytes_of(frame).empty();
}

/// What a tensor frame says of itself may be wrong: its maker may be a plugin.
Status check(const TensorFrame& frame) {
  if (frame.shape.rank() >= media::TensorShape::kRankMax) {
    return Error{ErrorCode::invalid_argument, "a tensor of " + std::to_string(frame.shape.rank()) +
                                                  " dimensions has no place for one more"};
  }
  if (frame.data.size() != frame.shape.elements() * media::element_size(frame.element)) {
    return Error{ErrorCode::invalid_argument,
                 "a tensor of " + std::to_string(frame.shape.elements()) + " elements has " +
                     std::to_string(frame.data.size()) + " bytes"};
  }
  return {};
}
Status check(const AudioFrame& frame) {
  if (frame.format.channels == 1) return {};
  return Error{ErrorCode::invalid_argument,
               "audio of " + std::to_string(frame.format.channels) + " channels, expected mono"};
}

}  // namespace

template <typename FrameType>
BatchOperator<FrameType>::BatchOperator(Options options, media::BufferPool& buffers)
    : buffers_(buffers),
      items_max_(static_cast<std::size_t>(options.items_max)),
      delay_max_(options.delay_max),
      waiting_({.items_max = items_max_, .delay_max = delay_max_, .waiting_max = kItemsMax}) {}

template <typename FrameType>
Result<Progress> BatchOperator<FrameType>::process(graph::ProcessContext& context) {
  while (true) {
    const FrameType* const next = frames_.peek();
    const bool is_due = !waiting_.empty() && waiting_.deadline() <= context.now();
    if (is_full() || (next == nullptr ? is_due : !belongs(*next))) {
      if (!batch_.has_room()) return Progress::blocked;
      if (!is_full() && next == nullptr) ++stats_.late;
      send(context, false);
      continue;
    }
    if (next == nullptr) break;
    if (next->head.is_last && !batch_.has_room()) return Progress::blocked;
    PARLEY_TRY_STATUS(take(context));
  }
  if (!waiting_.empty()) context.wake_at(waiting_.deadline());
  return Progress::need_input;
}

template <typename FrameType>
Status BatchOperator<FrameType>::take(graph::ProcessContext& context) {
  FrameType frame = frames_.pop();
  const bool is_last = frame.head.is_last;
  if (is_end_only(frame)) {
    if (!waiting_.empty()) {
      send(context, true);
      return {};
    }
    TensorFrame end;
    end.head = frame.head;
    batch_.push(std::move(end));
    return {};
  }
  PARLEY_TRY_STATUS(check(frame));
  if (waiting_.empty()) like_ = frame;
  static_cast<void>(waiting_.add(std::move(frame), context.now()));  // it was not full
  if (is_last) send(context, true);
  return {};
}

template <typename FrameType>
bool BatchOperator<FrameType>::belongs(const FrameType& frame) const {
  return waiting_.empty() ||
         (like_.head.turn == frame.head.turn && (is_end_only(frame) || are_alike(like_, frame)));
}

template <typename FrameType>
void BatchOperator<FrameType>::send(graph::ProcessContext& context, bool is_last) {
  const Nanos waited = context.now() - (waiting_.deadline() - delay_max_);
  const std::vector<FrameType> frames = waiting_.take();
  if (waiting_.empty()) like_ = {};  // its buffer may go
  const FrameType& first = frames.front();
  const bool is_over = first.head.turn != media::kAnyTurn && first.head.turn < context.turn();
  if (is_over) return;  // all of them: a batch is of one turn

  TensorFrame batch;
  batch.head = first.head;
  batch.head.duration = frames.back().head.pts + frames.back().head.duration - first.head.pts;
  batch.head.sequence = sequence_++;
  batch.head.is_last = is_last;
  batch.element = element_of(first);
  std::array<std::int64_t, media::TensorShape::kRankMax> dims{};
  const media::TensorShape inner = shape_of(first);
  dims[0] = static_cast<std::int64_t>(frames.size());
  std::copy(inner.dims().begin(), inner.dims().end(), dims.begin() + 1);
  batch.shape = media::TensorShape(std::span<const std::int64_t>(dims).first(inner.rank() + 1));
  const std::size_t bytes = bytes_of(first).size();
  if (bytes > 0) {
    batch.data = buffers_.take(bytes * frames.size());
    std::byte* to = batch.data.writable().data();
    for (const FrameType& frame : frames) {
      std::memcpy(std::exchange(to, to + bytes), bytes_of(frame).bytes().data(), bytes);
    }
    media::note_copied(bytes * frames.size());
  }
  stats_.frames += frames.size();
  ++stats_.batches;
  context.note_batch(frames.size(), waited);
  batch_.push(std::move(batch));
}

template <typename FrameType>
Status BatchOperator<FrameType>::adopt(graph::Operator& predecessor) {
  auto* const old = dynamic_cast<BatchOperator*>(&predecessor);
  if (old == nullptr) return {};
  sequence_ = old->sequence_;
  stats_ = old->stats_;
  if (old->waiting_.empty()) return {};
  like_ = std::exchange(old->like_, {});
  const Instant since = old->waiting_.deadline() - old->delay_max_;
  while (!old->waiting_.empty()) {
    for (FrameType& frame : old->waiting_.take()) {
      static_cast<void>(waiting_.add(std::move(frame), since));  // it has room for any batch
    }
  }
  return {};
}

template class BatchOperator<media::TensorFrame>;
template class BatchOperator<media::AudioFrame>;

}  // namespace parley::operators
