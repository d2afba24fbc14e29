// SPDX-License-Identifier: Apache-2.0
#include "operators/device/file_sink.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <span>
#include <utility>

#include "codec/wav_writer.h"
#include "exec/spsc_ring.h"
#include "exec/strand.h"

namespace parley::operators {

using graph::Progress;

/// The disk's side.
class FileSink::Writer final : private exec::StrandBody {
 public:
  Writer(const Options& options, codec::WavWriter file, exec::Executor& disk, exec::Waker waker)
      : rate_(options.rate_hz),
        file_(std::move(file)),
        waker_(std::move(waker)),
        strand_(exec::Strand::make(disk, *this)) {}
  ~Writer() override { end(); }

  [[nodiscard]] bool try_push(media::AudioFrame&& frame) {
    if (!frames_.try_push(std::move(frame))) return false;
    strand_->wake();
    return true;
  }
  /// What the disk said, once.
  Status take_failure() {
    if (!has_failed_.load(std::memory_order_acquire) || is_told_) return {};
    is_told_ = true;
    return failure_;
  }
  /// Writes the rest on the calling thread and finishes the file.
  void end() noexcept {
    strand_->close();
    if (is_ended_) return;
    is_ended_ = true;
    write_waiting();
    if (failure_) failure_ = file_.finish();
  }

 private:
  bool run_slice() noexcept override {
    write_waiting();
    waker_.wake();  // there is room, or a failure
    return false;
  }

  void write_waiting() noexcept {
    while (std::optional<media::AudioFrame> frame = frames_.try_pop()) {
      if (failure_) failure_ = write(*frame);
      if (!failure_) has_failed_.store(true, std::memory_order_release);
    }
  }

  Status write(const media::AudioFrame& frame) {
    const std::int64_t first = frame.head.pts.samples(rate_);
    if (!has_begun_) {
      has_begun_ = true;
      end_ = first;
    }
    constexpr std::array<float, 1024> kSilence{};
    std::int64_t gap = std::clamp<std::int64_t>(
        first - end_, 0, static_cast<std::int64_t>(rate_) * kSilenceMaxMs / 1000);
    while (gap > 0) {
      const auto part = std::min(kSilence.size(), static_cast<std::size_t>(gap));
      PARLEY_TRY_STATUS(file_.write(std::span(kSilence).first(part)));
      gap -= static_cast<std::int64_t>(part);
    }
    const std::span<const float> samples = frame.samples.floats();
    end_ = first + static_cast<std::int64_t>(samples.size());
    return file_.write(samples);
  }

  const int rate_;
  codec::WavWriter file_;
  const exec::Waker waker_;
  exec::SpscRing<media::AudioFrame> frames_{kFramesMax};
  std::int64_t end_ = 0;  // sample after the newest
  bool has_begun_ = false;
  bool is_ended_ = false;
  Status failure_;  // the disk's, until has_failed_ says that the operator may look
  std::atomic<bool> has_failed_{false};
  bool is_told_ = false;
  std::shared_ptr<exec::Strand> strand_;  // shared: executors and wakers hold it too
};

FileSink::FileSink(Options options, exec::Executor& disk)
    : options_(std::move(options)),
      disk_(disk),
      audio_(*this, "audio", {.rate_hz = options_.rate_hz, .channels = 1}) {}

FileSink::~FileSink() = default;

Status FileSink::open(graph::ProcessContext& context) {
  PARLEY_TRY(codec::WavWriter file, codec::WavWriter::create(options_.path, options_.rate_hz));
  writer_ = std::make_unique<Writer>(options_, std::move(file), disk_, context.waker());
  return {};
}

Result<Progress> FileSink::process(graph::ProcessContext&) {
  PARLEY_TRY_STATUS(writer_->take_failure());
  while (const media::AudioFrame* front = audio_.peek()) {
    if (front->format.rate != options_.rate_hz || front->format.channels != 1) {
      const media::AudioFormat format = front->format;
      static_cast<void>(audio_.pop());
      return Error{ErrorCode::invalid_argument,
                   options_.path + ": a frame of " + std::to_string(format.rate) + " Hz and " +
                       std::to_string(format.channels) + " channels; wanted are " +
                       std::to_string(options_.rate_hz) + " Hz, mono"};
    }
    media::AudioFrame frame = *front;  // a reference to the samples
    if (!writer_->try_push(std::move(frame))) return Progress::need_input;  // the writer wakes us
    static_cast<void>(audio_.pop());
  }
  return Progress::need_input;
}

void FileSink::close() noexcept {
  if (writer_ != nullptr) writer_->end();
}

}  // namespace parley::operators
