// SPDX-License-Identifier: Apache-2.0
#include "server/speech/encoding_sink.h"

#include <utility>

namespace parley::server {

using codec::AudioFileFormat;
using protocol::SpeechFormat;
using service::SpeechFlow;

AudioFileFormat file_format(SpeechFormat format) noexcept {
  switch (format) {
    case SpeechFormat::mp3:
      return AudioFileFormat::mp3;
    case SpeechFormat::opus:
      return AudioFileFormat::opus;
    case SpeechFormat::aac:
      return AudioFileFormat::aac;
    case SpeechFormat::flac:
      return AudioFileFormat::flac;
    case SpeechFormat::wav:
      return AudioFileFormat::wav;
    case SpeechFormat::pcmu:
      return AudioFileFormat::pcmu;
    case SpeechFormat::pcma:
      return AudioFileFormat::pcma;
    case SpeechFormat::pcm:
      break;
  }
  return AudioFileFormat::pcm;
}

Result<std::unique_ptr<codec::AudioEncoder>> make_encoder(const protocol::OutputFormat& format) {
  constexpr int kBitsPerKilobit = 1000;
  return codec::AudioEncoder::make({.format = file_format(format.format),
                                    .rate = format.rate,
                                    .bitrate = format.kbps * kBitsPerKilobit});
}

SpeechFlow EncodingSink::on_audio(service::SpeechAudio audio) {
  std::string bytes;
  // After an error the rest is not worth hearing: on_end tells.
  if (status_) status_ = encoder_->encode(audio.samples.floats(), bytes);
  if (!status_) return SpeechFlow::more;
  return on_encoded(std::move(bytes), audio);
}

void EncodingSink::on_end(const Status& status, const service::SpeechTotals& totals) {
  std::string rest;
  if (status && status_) status_ = encoder_->finish(rest);
  if (!status_) rest.clear();
  on_finished(status ? status_ : status, totals, std::move(rest));
  ended_.store(true, std::memory_order_release);
  owner_.wake();
}

}  // namespace parley::server
