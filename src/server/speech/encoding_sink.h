// SPDX-License-Identifier: Apache-2.0
//
// The sink of a stream whose client wants a format: encodes what is spoken and tells its owner, by
// waking it, that there is room for text or that the stream has ended.
//
// Threads: as a SpeechSink (the stream's strand); `ended` any.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "codec/audio_encoder.h"
#include "exec/strand.h"
#include "protocol/speech/output_format.h"
#include "service/speech/speech_sink.h"

namespace parley::server {

[[nodiscard]] codec::AudioFileFormat file_format(protocol::SpeechFormat format) noexcept;

/// Errors: invalid_argument, when there is no such format at that rate.
[[nodiscard]] Result<std::unique_ptr<codec::AudioEncoder>> make_encoder(
    const protocol::OutputFormat& format);

class EncodingSink : public service::SpeechSink {
 public:
  /// `owner` may be empty.
  EncodingSink(std::unique_ptr<codec::AudioEncoder> encoder, exec::Waker owner)
      : encoder_(std::move(encoder)), owner_(std::move(owner)) {}

  /// Nothing more is heard of the stream.
  [[nodiscard]] bool ended() const noexcept { return ended_.load(std::memory_order_acquire); }

  service::SpeechFlow on_audio(service::SpeechAudio audio) final;
  void on_room() final { owner_.wake(); }
  void on_end(const Status& status, const service::SpeechTotals& totals) final;

 protected:
  /// `bytes` of the format, perhaps none: encoders hold some back.
  virtual service::SpeechFlow on_encoded(std::string bytes, const service::SpeechAudio& audio) = 0;
  /// `rest`: what the encoder had held back; empty after an error.
  virtual void on_finished(const Status& status, const service::SpeechTotals& totals,
                           std::string rest) = 0;
  [[nodiscard]] const codec::AudioEncoder& encoder() const { return *encoder_; }

 private:
  const std::unique_ptr<codec::AudioEncoder> encoder_;
  const exec::Waker owner_;
  Status status_;  // of the encoder
  std::atomic<bool> ended_{false};
};

}  // namespace parley::server
