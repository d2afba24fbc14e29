// SPDX-License-Identifier: Apache-2.0
//
// One whole recording through the recognition service, as fast as the models go: the same windows,
// the same turns, the same cuts as over a socket.
//
//   const auto hearing = Hearing::start(service, thread, request, open, {.on_done = wake});
//   … hearing->heard() …
//   if (hearing->is_done()) use(hearing->take());
//
// Threads: start, heard, is_done, cancel, take: one owner; what it is given is called on
// `reader`'s thread and on the stream's strand.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/audio_source.h"
#include "media/media_time.h"
#include "service/recognition/file_recognition.h"

namespace parley::cli {

struct HeardRecording {
  media::MediaTime length;
  std::vector<service::RecognizedText> utterances;  // in order; one may be without words
};

class Hearing final : public service::FileSink {
 public:
  struct Order {
    service::RecognitionRequest request;
    /// Mono at model::kAsrRate; may block.
    std::function<Result<std::unique_ptr<codec::AudioSource>>()> open;
    media::MediaTime begin = {};  // what comes before was heard another time, and is passed over
    /// Told of each utterance before the recording is done. Null: nobody is.
    std::function<Status(const service::RecognizedText&)> on_utterance = nullptr;
    std::function<void()> on_done = nullptr;
  };
  /// `service` and `reader`, whose runnables may block, outlive it.
  static std::shared_ptr<Hearing> start(service::RecognitionService& service,
                                        exec::Executor& reader, Order order);

  /// Where the last utterance ended whose words are there.
  [[nodiscard]] media::MediaTime heard() const noexcept { return {heard_until_.load()}; }
  /// How long the recording says that it is; 0: it does not say, or it is not open yet.
  [[nodiscard]] double stated_seconds() const noexcept { return stated_.load(); }
  [[nodiscard]] bool is_done() const noexcept { return done_.load(std::memory_order_acquire); }
  /// It is never done after this.
  void cancel() noexcept { recognition_->cancel(); }
  /// Once, when it is done. Nobody speaks: no utterances. Errors: what the file and the models say;
  /// nothing is skipped in silence.
  [[nodiscard]] Result<HeardRecording> take();

  void on_final(const service::RecognizedText& final) override;
  void on_end(const Status& status, media::MediaTime audio) override;

 private:
  class Source;
  explicit Hearing(Order order) : order_(std::move(order)) {}
  Result<std::unique_ptr<codec::AudioSource>> open();

  Order order_;
  std::shared_ptr<service::FileRecognition> recognition_;
  HeardRecording heard_;
  Status status_;
  std::atomic<std::int64_t> samples_{0};  // decoded, what was passed over included
  std::atomic<std::int64_t> heard_until_{0};
  std::atomic<double> stated_{0.0};
  std::atomic<bool> done_{false};
};

/// Blocks until the end of `samples` (mono, model::kAsrRate) has been heard.
[[nodiscard]] Result<HeardRecording> hear_samples(service::RecognitionService& service,
                                                  const service::RecognitionRequest& request,
                                                  std::span<const float> samples);

/// The texts with a space between them.
[[nodiscard]] std::string joined_text(std::span<const service::RecognizedText> utterances);

}  // namespace parley::cli
