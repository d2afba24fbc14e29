// SPDX-License-Identifier: Apache-2.0
//
// Frames of any length around a kernel that takes blocks of one length and answers late. No sample
// is lost and none is late: what the kernel delays is taken off at the beginning and got out of it
// at the end, so `pts` stays true. A jump in the input's time (more than one block) ends the
// stretch and begins a new one there.
//
//   BlockStream stream({.rate = 16'000, .block = 160, .latency = 160}, buffers);
//   stream.feed(frame, out, [&](std::span<float> block, MediaTime at) { kernel.process(block); });
//
// Threads: strand. Allocates: no (pooled buffers). Frames whose samples are nobody else's and fill
// whole blocks are worked on in place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "graph/port.h"
#include "media/buffer_pool.h"
#include "media/copy_count.h"
#include "media/frame.h"

namespace parley::operators {

class BlockStream {
 public:
  struct Shape {
    int rate;             // Hz
    std::size_t block;    // samples
    std::size_t latency;  // of the kernel, samples
  };
  /// Frames that one `feed` may push.
  static constexpr std::size_t kFramesMax = 2;

  BlockStream(Shape shape, media::BufferPool& buffers)
      : shape_(shape), buffers_(buffers), held_(shape.block) {}

  /// `run(block, pts)` works on one block in place. REQUIRES: out.has_room(kFramesMax).
  /// Errors: invalid_argument (another rate, or several channels); the frame is gone.
  template <typename Run>
  Status feed(media::AudioFrame frame, graph::Out<media::AudioFrame>& out, Run&& run) {
    if (frame.format.rate != shape_.rate || frame.format.channels != 1) {
      return Error{ErrorCode::invalid_argument,
                   "a frame of " + std::to_string(frame.format.rate) + " Hz and " +
                       std::to_string(frame.format.channels) + " channels; wanted are " +
                       std::to_string(shape_.rate) + " Hz, mono"};
    }
    if (is_jump(frame.head.pts)) end(out, run, nullptr);
    if (taken_ == 0) begin_ = frame.head.pts;
    stream_id_ = frame.head.stream;
    const std::size_t count = frame.samples.size() / sizeof(float);
    taken_ += static_cast<std::int64_t>(count);
    if (frame.head.is_last) {
      end(out, run, &frame);
      return {};
    }
    const std::size_t whole = (held_count_ + count) / shape_.block * shape_.block;
    if (whole == 0) {
      hold(frame.samples.floats());
      return {};
    }
    media::BufferRef work;
    if (held_count_ == 0 && whole == count) {
      work = std::move(frame.samples);
    } else {
      work = buffers_.take_floats(whole);
      join(frame.samples.floats(), work.writable_floats());
    }
    run_blocks(work.writable_floats(), run);
    push(frame.head, std::move(work), whole, out);
    return {};
  }

  /// Gives out what is held, as the end of a stretch; the next frame begins a new one.
  /// REQUIRES: out.has_room(1).
  template <typename Run>
  void flush(graph::Out<media::AudioFrame>& out, Run&& run) {
    if (taken_ > 0) end(out, run, nullptr);
  }

 private:
  [[nodiscard]] bool is_jump(media::MediaTime pts) const {
    if (taken_ == 0) return false;
    const std::int64_t off =
        (pts - begin_ - media::MediaTime::from_samples(taken_, shape_.rate)).flicks;
    const std::int64_t block =
        media::MediaTime::from_samples(static_cast<std::int64_t>(shape_.block), shape_.rate).flicks;
    return off > block || off < -block;
  }
  void hold(std::span<const float> samples) {
    std::copy(samples.begin(), samples.end(),
              held_.begin() + static_cast<std::ptrdiff_t>(held_count_));
    held_count_ += samples.size();
    media::note_copied(samples.size_bytes());
  }
  /// What is held and then `samples`, as far as `work` reaches; the rest is held.
  void join(std::span<const float> samples, std::span<float> work) {
    const std::size_t fresh = std::min(work.size() - held_count_, samples.size());
    std::copy_n(held_.begin(), held_count_, work.begin());
    std::copy_n(samples.begin(), fresh, work.begin() + static_cast<std::ptrdiff_t>(held_count_));
    std::fill(work.begin() + static_cast<std::ptrdiff_t>(held_count_ + fresh), work.end(), 0.0F);
    media::note_copied((held_count_ + fresh) * sizeof(float));
    held_count_ = 0;
    hold(samples.subspan(fresh));
  }
  template <typename Run>
  void run_blocks(std::span<float> work, Run& run) {
    for (std::size_t at = 0; at < work.size(); at += shape_.block) {
      run(work.subspan(at, shape_.block), begin_ + time_of(run_));
      run_ += static_cast<std::int64_t>(shape_.block);
    }
  }
  /// The stretch ends, with the samples of `last` if there is one.
  template <typename Run>
  void end(graph::Out<media::AudioFrame>& out, Run& run, media::AudioFrame* last) {
    std::span<const float> samples;
    if (last != nullptr) samples = last->samples.floats();
    const std::size_t needed = held_count_ + samples.size() + shape_.latency;
    const std::size_t whole = (needed + shape_.block - 1) / shape_.block * shape_.block;
    media::FrameHeader head;
    head.stream = stream_id_;
    if (last != nullptr) head = last->head;
    if (whole > 0) {
      media::BufferRef work = buffers_.take_floats(whole);
      join(samples, work.writable_floats());
      run_blocks(work.writable_floats(), run);
      push(head, std::move(work), whole, out);
    }
    taken_ = 0;
    run_ = 0;
    given_ = 0;
    held_count_ = 0;
  }
  void push(const media::FrameHeader& head, media::BufferRef work, std::size_t count,
            graph::Out<media::AudioFrame>& out) {
    // The first samples are from before the beginning, the last from beyond the end.
    const std::int64_t early = std::max<std::int64_t>(
        0, static_cast<std::int64_t>(shape_.latency) - (run_ - static_cast<std::int64_t>(count)));
    const auto skip = std::min(static_cast<std::size_t>(early), count);
    const std::size_t length = static_cast<std::size_t>(
        std::min(static_cast<std::int64_t>(count - skip), taken_ - given_));
    if (length == 0 && !head.is_last) return;
    media::AudioFrame frame;
    frame.head = head;
    frame.head.pts = begin_ + time_of(given_);
    frame.head.duration = time_of(static_cast<std::int64_t>(length));
    frame.format = {.rate = shape_.rate, .channels = 1};
    frame.samples = work.slice(skip * sizeof(float), length * sizeof(float));
    given_ += static_cast<std::int64_t>(length);
    out.push(std::move(frame));
  }
  [[nodiscard]] media::MediaTime time_of(std::int64_t samples) const {
    return media::MediaTime::from_samples(samples, shape_.rate);
  }

  const Shape shape_;
  media::BufferPool& buffers_;
  std::vector<float> held_;  // less than a block
  std::size_t held_count_ = 0;
  media::StreamId stream_id_;
  media::MediaTime begin_;  // of the stretch
  std::int64_t taken_ = 0;  // samples of the stretch
  std::int64_t run_ = 0;    // of them, through the kernel
  std::int64_t given_ = 0;
};

}  // namespace parley::operators
