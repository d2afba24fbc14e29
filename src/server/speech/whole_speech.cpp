// SPDX-License-Identifier: Apache-2.0
#include "server/speech/whole_speech.h"

#include <iterator>
#include <utility>

namespace parley::server {
namespace {

void append(std::vector<media::WordTime> times, std::vector<media::WordTime>& to) {
  to.insert(to.end(), std::make_move_iterator(times.begin()), std::make_move_iterator(times.end()));
}

}  // namespace

void WholeSpeechSink::on_chunk(const service::SpeechChunk& chunk) {
  if (!speech_.spoken.empty()) speech_.spoken += ' ';
  speech_.spoken += chunk.spoken ? chunk.spoken->text : chunk.written;
  append(from(chunk.begin, chunk.words), speech_.words);
  append(from(chunk.begin, chunk.phonemes), speech_.phonemes);
}

service::SpeechFlow WholeSpeechSink::on_encoded(std::string bytes,
                                                const service::SpeechAudio& /*audio*/) {
  if (speech_.audio.size() + bytes.size() > kWholeAudioBytesMax) {
    call().finish({transport::GrpcCode::resource_exhausted,
                   "The speech has more than " + std::to_string(kWholeAudioBytesMax) +
                       " bytes: use the streaming method.",
                   {}});
    return service::SpeechFlow::wait;  // until the call's end cancels the stream
  }
  speech_.audio += bytes;
  return service::SpeechFlow::more;
}

void WholeSpeechSink::on_spoken(const service::SpeechTotals& totals, std::string rest) {
  speech_.audio += rest;
  speech_.duration = totals.audio;
  send(write_(std::move(speech_)));
}

}  // namespace parley::server
