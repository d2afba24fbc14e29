// SPDX-License-Identifier: Apache-2.0
#include "cli/hear_recording.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "exec/parker.h"
#include "exec/thread_executor.h"
#include "model/asr_model.h"

namespace parley::cli {
namespace {

using media::MediaTime;
using service::RecognizedText;

/// Samples that are in memory already.
class SamplesSource final : public codec::AudioSource {
 public:
  explicit SamplesSource(std::span<const float> samples) : left_(samples) {}
  Result<std::size_t> read(std::span<float> block) override {
    const std::size_t count = std::min(block.size(), left_.size());
    std::ranges::copy(left_.first(count), block.begin());
    left_ = left_.subspan(count);
    return count;
  }
  [[nodiscard]] int rate() const override { return model::kAsrRate; }
  [[nodiscard]] std::optional<double> stated_seconds() const override { return std::nullopt; }

 private:
  std::span<const float> left_;
};

RecognizedText later(RecognizedText text, MediaTime by) {
  text.begin += by;
  text.end += by;
  for (media::WordTime& word : text.words) {
    word.begin += by;
    word.end += by;
  }
  return text;
}

}  // namespace

/// Counts what is read, behind what is passed over.
class Hearing::Source final : public codec::AudioSource {
 public:
  Source(std::unique_ptr<codec::AudioSource> source, Hearing& hearing)
      : source_(std::move(source)),
        hearing_(hearing),
        to_skip_(hearing.order_.begin.samples(model::kAsrRate)) {}

  Result<std::size_t> read(std::span<float> block) override {
    while (to_skip_ > 0) {
      const auto most = static_cast<std::size_t>(to_skip_);
      PARLEY_TRY(const std::size_t count, next(block.first(std::min(block.size(), most))));
      if (count == 0) return count;
      to_skip_ -= static_cast<std::int64_t>(count);
    }
    return next(block);
  }
  [[nodiscard]] int rate() const override { return source_->rate(); }
  [[nodiscard]] std::optional<double> stated_seconds() const override {
    return source_->stated_seconds();
  }

 private:
  Result<std::size_t> next(std::span<float> block) {
    PARLEY_TRY(const std::size_t count, source_->read(block));
    hearing_.samples_.fetch_add(static_cast<std::int64_t>(count));
    return count;
  }

  const std::unique_ptr<codec::AudioSource> source_;
  Hearing& hearing_;
  std::int64_t to_skip_;
};

std::shared_ptr<Hearing> Hearing::start(service::RecognitionService& service,
                                        exec::Executor& reader, Order order) {
  std::shared_ptr<Hearing> hearing(new Hearing(std::move(order)));
  service::FileOrder file{
      .prepare = [hearing]() -> Result<service::RecognitionRequest> {
        return hearing->order_.request;
      },
      .open = [hearing] { return hearing->open(); },
      .pay = nullptr,
  };
  hearing->recognition_ =
      service::FileRecognition::start(service, reader, std::move(file), hearing);
  return hearing;
}

Result<std::unique_ptr<codec::AudioSource>> Hearing::open() {
  PARLEY_TRY(std::unique_ptr<codec::AudioSource> source, order_.open());
  stated_.store(source->stated_seconds().value_or(0.0));
  return std::unique_ptr<codec::AudioSource>(new Source(std::move(source), *this));
}

void Hearing::on_final(const RecognizedText& final) {
  heard_.utterances.push_back(later(final, order_.begin));
  heard_until_.store(heard_.utterances.back().end.flicks);
  if (order_.on_utterance && status_) status_ = order_.on_utterance(heard_.utterances.back());
}

void Hearing::on_end(const Status& status, MediaTime /*audio*/) {
  if (!status) status_ = status;
  heard_.length = MediaTime::from_samples(samples_.load(), model::kAsrRate);
  // Whoever waits may take everything as soon as he sees the flag.
  const std::function<void()> on_done = std::move(order_.on_done);
  done_.store(true, std::memory_order_release);
  if (on_done) on_done();
}

Result<HeardRecording> Hearing::take() {
  if (!status_) return status_.error();
  return std::move(heard_);
}

Result<HeardRecording> hear_samples(service::RecognitionService& service,
                                    const service::RecognitionRequest& request,
                                    std::span<const float> samples) {
  exec::Parker done;  // the reader uses it to its end
  exec::ThreadExecutor reader("parley-reader");
  const auto open = [samples]() -> Result<std::unique_ptr<codec::AudioSource>> {
    return std::unique_ptr<codec::AudioSource>(new SamplesSource(samples));
  };
  const std::shared_ptr<Hearing> hearing = Hearing::start(
      service, reader, {.request = request, .open = open, .on_done = [&done] { done.unpark(); }});
  while (!hearing->is_done()) done.park();
  return hearing->take();
}

std::string joined_text(std::span<const RecognizedText> utterances) {
  std::string text;
  for (const RecognizedText& one : utterances) {
    if (!text.empty() && !one.text.empty()) text += ' ';
    text += one.text;
  }
  return text;
}

}  // namespace parley::cli
