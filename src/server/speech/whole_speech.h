// SPDX-License-Identifier: Apache-2.0
//
// The sink of a call whose answer is one message: keeps what is spoken until it is all there.
//
// Threads: as a GrpcSpeechSink.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "media/media_time.h"
#include "media/word_time.h"
#include "server/speech/grpc_speech_sink.h"

namespace parley::server {

/// Of an answer. Policy when full: RESOURCE_EXHAUSTED, which names the stream.
inline constexpr std::size_t kWholeAudioBytesMax = 64U << 20U;

struct WholeSpeech {
  std::string audio;
  media::MediaTime duration;
  std::string spoken;
  std::vector<media::WordTime> words;  // from the beginning of the audio
  std::vector<media::WordTime> phonemes;
};

class WholeSpeechSink final : public GrpcSpeechSink {
 public:
  /// Makes the message.
  using Write = std::function<std::string(WholeSpeech speech)>;

  WholeSpeechSink(std::unique_ptr<codec::AudioEncoder> encoder,
                  std::shared_ptr<transport::GrpcCall> call, Write write)
      : GrpcSpeechSink(std::move(encoder), std::move(call)), write_(std::move(write)) {}

  void on_chunk(const service::SpeechChunk& chunk) override;

 private:
  service::SpeechFlow on_encoded(std::string bytes, const service::SpeechAudio& audio) override;
  void on_spoken(const service::SpeechTotals& totals, std::string rest) override;

  const Write write_;
  WholeSpeech speech_;
};

}  // namespace parley::server
