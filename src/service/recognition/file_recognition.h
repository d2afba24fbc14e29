// SPDX-License-Identifier: Apache-2.0
//
// A whole recording, heard as fast as the machine has time for it: one strand on a thread that may
// block opens it and decodes it block by block, a RecognitionStream cuts it at pauses and
// recognises it. Of its samples there are never more than that stream holds.
//
//   const auto hearing = FileRecognition::start(service, reader, std::move(order), sink);
//   hearing->cancel();                     // whoever asked has gone
//
// It keeps itself alive until it has ended.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "codec/audio_source.h"
#include "exec/strand.h"
#include "service/recognition/recognition_service.h"

namespace parley::service {

/// Threads: `on_final` the stream's strand, `on_end` the reader's; never two at a time. Neither may
/// call the recognition.
class FileSink {
 public:
  virtual ~FileSink() = default;
  virtual void on_final(const RecognizedText& final) = 0;
  /// Once, last, but not after a cancel. `audio`: how much was decoded.
  virtual void on_end(const Status& status, media::MediaTime audio) = 0;
};

struct FileOrder {
  // All on the reader's thread, where they may block; in this order, and each only after success.
  std::function<Result<RecognitionRequest>()> prepare;  // its rate and codec are not looked at
  /// Mono at model::kAsrRate. There is a place among the streams.
  std::function<Result<std::unique_ptr<codec::AudioSource>>()> open;
  /// Asked before audio is heard, for all that the recording says it has, or as it comes. Null: it
  /// costs nothing.
  std::function<Status(Millis audio)> pay;
};

/// Threads: start and cancel any; the rest on the reader's.
class FileRecognition final : private exec::StrandBody {
 public:
  /// `service` and `reader`, whose runnables may block, outlive it.
  static std::shared_ptr<FileRecognition> start(RecognitionService& service, exec::Executor& reader,
                                                FileOrder order, std::shared_ptr<FileSink> sink);
  ~FileRecognition() override;
  /// Returns at once. The sink may still hear what is being told.
  void cancel() noexcept;

 private:
  class Ears;
  FileRecognition(RecognitionService& service, FileOrder order, std::shared_ptr<FileSink> sink);
  bool run_slice() noexcept override;
  /// True: there is more to do.
  Result<bool> go_on();
  Status open();
  Status read();
  Status pay_until(media::MediaTime audio);
  void end(Status status);
  [[nodiscard]] media::MediaTime decoded() const;

  RecognitionService& service_;
  FileOrder order_;
  std::shared_ptr<FileSink> sink_;
  std::shared_ptr<exec::Strand> strand_;
  std::shared_ptr<FileRecognition> self_;  // until the end
  std::shared_ptr<Ears> ears_;             // shared with the stream
  std::unique_ptr<codec::AudioSource> source_;
  std::unique_ptr<RecognitionStream> stream_;
  std::optional<media::BufferRef> held_;  // there was no room for it
  std::int64_t samples_ = 0;              // decoded
  media::MediaTime paid_;
  bool is_read_ = false;
  std::atomic<bool> is_cancelled_{false};
};

}  // namespace parley::service
