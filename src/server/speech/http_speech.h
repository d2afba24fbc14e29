// SPDX-License-Identifier: Apache-2.0
//
// One HTTP answer that is spoken while it is being read: a stream of speech, an encoder, and the
// body that takes its bytes. A reader that is slow makes the body say so, and synthesis stops; one
// that goes away ends it.
//
// Threads: the connection's I/O loop.
#pragma once

#include <memory>
#include <string>

#include "codec/audio_encoder.h"
#include "server/key_limits.h"
#include "server/session_gate.h"
#include "server/speech/speech_framing.h"
#include "service/speech/speech_service.h"
#include "transport/listener.h"

namespace parley::server {

struct HttpSpeechOrder {
  service::SpeechRequest request;  // its `rate` is one that the format has
  std::string text;
  codec::AudioFileFormat format = codec::AudioFileFormat::pcm;
  int bitrate = 0;  // bits per second; 0: what is good for speech
  std::unique_ptr<SpeechFraming> framing;
  std::shared_ptr<KeyAccount> account;  // whose limits it draws on; shared with its other streams
};

/// `service` and `gate` outlive the answer.
void speak_over_http(HttpSpeechOrder order, service::SpeechService& service, SessionGate& gate,
                     transport::HttpReply reply);

}  // namespace parley::server
