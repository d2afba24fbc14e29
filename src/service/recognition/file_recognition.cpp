// SPDX-License-Identifier: Apache-2.0
#include "service/recognition/file_recognition.h"

#include <span>
#include <utility>
#include <vector>

#include "codec/audio_codec.h"
#include "media/frame.h"
#include "model/asr_model.h"

namespace parley::service {

using media::MediaTime;

namespace {

/// Decoded in one go: a second. Others whose files are read by the same thread come next.
constexpr std::size_t kBlock = model::kAsrRate;

}  // namespace

/// What the stream tells, on its strand, for the reader's to see.
class FileRecognition::Ears final : public RecognitionSink {
 public:
  Ears(std::shared_ptr<FileSink> sink, exec::Waker waker)
      : sink_(std::move(sink)), waker_(std::move(waker)) {}

  void on_final(const RecognizedText& final) override {
    if (!trouble_) sink_->on_final(final);
  }
  void on_room() override { waker_.wake(); }
  /// A recording of which a part is missing is worth nothing.
  void on_trouble(const Error& error) override {
    if (trouble_) return;
    trouble_ = error;
    over(error);
  }
  void on_end(const Status& status, const RecognitionTotals& /*totals*/) override {
    if (!trouble_) over(status);
  }

  /// Reader: how it ended; nothing while it goes on.
  [[nodiscard]] const Status* end() const noexcept {
    return is_over_.load(std::memory_order_acquire) ? &status_ : nullptr;
  }

 private:
  void over(const Status& status) {
    status_ = status;
    is_over_.store(true, std::memory_order_release);
    waker_.wake();
  }

  const std::shared_ptr<FileSink> sink_;  // shared with the recognition
  const exec::Waker waker_;
  std::optional<Error> trouble_;
  Status status_;
  std::atomic<bool> is_over_{false};
};

std::shared_ptr<FileRecognition> FileRecognition::start(RecognitionService& service,
                                                        exec::Executor& reader, FileOrder order,
                                                        std::shared_ptr<FileSink> sink) {
  std::shared_ptr<FileRecognition> made(
      new FileRecognition(service, std::move(order), std::move(sink)));
  made->strand_ = exec::Strand::make(reader, *made);
  made->self_ = made;
  made->ears_ = std::make_shared<Ears>(made->sink_, made->strand_->waker());
  made->strand_->wake();
  return made;
}

FileRecognition::FileRecognition(RecognitionService& service, FileOrder order,
                                 std::shared_ptr<FileSink> sink)
    : service_(service), order_(std::move(order)), sink_(std::move(sink)) {}

FileRecognition::~FileRecognition() = default;

void FileRecognition::cancel() noexcept {
  is_cancelled_.store(true, std::memory_order_release);
  strand_->wake();
}

bool FileRecognition::run_slice() noexcept {
  if (self_ == nullptr) return false;
  if (is_cancelled_.load(std::memory_order_acquire)) {
    end(Error{ErrorCode::cancelled, "cancelled"});
    return false;
  }
  const Result<bool> more = go_on();
  if (!more) {
    end(more.error());
    return false;
  }
  if (const Status* over = ears_->end()) {
    end(*over);
    return false;
  }
  return *more;
}

Result<bool> FileRecognition::go_on() {
  if (ears_->end() != nullptr || is_read_) return false;
  if (source_ == nullptr) PARLEY_TRY_STATUS(open());
  if (!held_) PARLEY_TRY_STATUS(read());
  if (!held_) {
    is_read_ = true;
    source_.reset();
    stream_->finish();
    return false;
  }
  // What was closed under us tells the ears why.
  if (stream_->append(*held_) != AppendResult::taken) return false;
  held_.reset();
  return true;
}

Status FileRecognition::open() {
  PARLEY_TRY(RecognitionRequest request, order_.prepare());
  request.codec = media::Codec::pcm16;
  request.rate = model::kAsrRate;
  request.is_live = false;
  request.partial_interval = Millis::zero();
  // The place first: a recording that finds none costs nothing.
  PARLEY_TRY(stream_, service_.open(std::move(request), ears_));
  PARLEY_TRY(source_, order_.open());
  const double stated = source_->stated_seconds().value_or(0.0);
  return pay_until(MediaTime::from_ms(static_cast<std::int64_t>(stated * 1000.0)));
}

Status FileRecognition::read() {
  std::vector<float> block(kBlock);
  PARLEY_TRY(const std::size_t count, source_->read(block));
  if (count == 0) return {};
  samples_ += static_cast<std::int64_t>(count);
  PARLEY_TRY_STATUS(pay_until(decoded()));
  media::BufferRef bytes = service_.context().buffers.take(count * sizeof(std::int16_t));
  codec::encode(media::Codec::pcm16, std::span(block).first(count), bytes.writable());
  held_ = std::move(bytes);
  return {};
}

Status FileRecognition::pay_until(MediaTime audio) {
  if (!order_.pay || audio <= paid_) return {};
  const Millis owed{(audio - paid_).ms()};
  paid_ = audio;
  return order_.pay(owed);
}

MediaTime FileRecognition::decoded() const {
  return MediaTime::from_samples(samples_, model::kAsrRate);
}

/// The last thing of a slice: whoever is not held by anybody else is gone after it.
void FileRecognition::end(Status status) {
  const std::shared_ptr<FileRecognition> self = std::move(self_);
  strand_->close();
  stream_.reset();  // its strand tells nothing any more
  source_.reset();
  held_.reset();
  if (!is_cancelled_.load(std::memory_order_acquire)) sink_->on_end(status, decoded());
  ears_.reset();
  sink_.reset();
  order_ = {};  // what its functions hold: the recording's bytes
}

}  // namespace parley::service
