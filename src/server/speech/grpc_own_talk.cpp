// SPDX-License-Identifier: Apache-2.0
#include "server/speech/grpc_own_talk.h"

#include <string>
#include <utility>
#include <variant>

#include "protocol/speech/speech_proto.h"
#include "server/speech/whole_speech.h"

namespace parley::server {

using service::SpeechFlow;
using transport::GrpcCode;
using transport::GrpcStatus;

namespace {

GrpcStatus misuse(std::string message) {
  return {GrpcCode::invalid_argument, std::move(message), {}};
}

/// Audio leaves as soon as it is there.
class StreamSink final : public GrpcSpeechSink {
 public:
  StreamSink(protocol::OutputFormat format, bool phonemes,
             std::unique_ptr<codec::AudioEncoder> encoder,
             std::shared_ptr<transport::GrpcCall> call)
      : GrpcSpeechSink(std::move(encoder), std::move(call)), has_phonemes_(phonemes) {
    send(protocol::to_proto(protocol::UtteranceStarted{
        .id = {},
        .format = format,
        .content_type = std::string(codec::content_type(file_format(format.format)))}));
  }

  void on_chunk(const service::SpeechChunk& chunk) override {
    protocol::UtteranceChunk event{.id = {},
                                   .index = chunk.index,
                                   .begin = chunk.begin,
                                   .written = chunk.written,
                                   .spoken = chunk.spoken ? chunk.spoken->text : chunk.written,
                                   .words = from(chunk.begin, chunk.words),
                                   .phonemes = std::nullopt};
    if (has_phonemes_) event.phonemes = from(chunk.begin, chunk.phonemes);
    send(protocol::to_proto(event));
  }
  void on_flushed(std::uint64_t id) override {
    send(protocol::to_proto(protocol::UtteranceFlushed{{}, id}));
  }

 private:
  SpeechFlow on_encoded(std::string bytes, const service::SpeechAudio& /*audio*/) override {
    return bytes.empty() ? SpeechFlow::more : send(protocol::audio_proto(std::move(bytes)));
  }
  void on_spoken(const service::SpeechTotals& totals, std::string rest) override {
    if (!rest.empty()) send(protocol::audio_proto(std::move(rest)));
    send(protocol::to_proto(protocol::UtteranceDone{{}, totals.audio, totals.characters}));
  }

  const bool has_phonemes_;
};

std::string write_whole(WholeSpeech speech, int rate, bool has_phonemes) {
  protocol::Synthesized answer{.audio = std::move(speech.audio),
                               .rate = rate,
                               .duration = speech.duration,
                               .words = std::move(speech.words),
                               .phonemes = {}};
  if (has_phonemes) answer.phonemes = std::move(speech.phonemes);
  return protocol::to_proto(answer);
}

}  // namespace

// --- Synthesize
// -----------------------------------------------------------------------------------

void SynthesizeTalk::hear(std::string_view bytes) {
  if (std::exchange(is_asked_, true)) return fail(misuse("Synthesize takes one request."));
  auto parsed = protocol::parse_synthesize(bytes, characters_max());
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) return fail(*error);
  auto& speak = std::get<protocol::Speak>(parsed);
  auto encoder = encoder_of(speak.format);
  if (encoder == nullptr) return;
  auto sink = std::make_shared<WholeSpeechSink>(
      std::move(encoder), call(),
      [rate = speak.format.rate, phonemes = speak.phonemes](WholeSpeech speech) {
        return write_whole(std::move(speech), rate, phonemes);
      });
  if (!start(speak, std::move(sink))) return;
  if (say(std::move(speak.text))) feed().finish();
}

void SynthesizeTalk::end() {
  if (!is_asked_) fail(misuse("Synthesize takes one request; none came."));
}

// --- SynthesizeStream
// -------------------------------------------------------------------------------

void SynthesizeStreamTalk::hear(std::string_view bytes) {
  auto parsed = protocol::parse_synthesize_stream(bytes);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) return fail(*error);
  auto& message = std::get<protocol::StreamMessage>(parsed);
  const auto* speak = std::get_if<protocol::Speak>(&message);
  if ((speak != nullptr) == is_configured_) {
    return fail(misuse("The first message holds `config`, and only the first."));
  }
  if (speak != nullptr) {
    handle(*speak);
  } else if (std::holds_alternative<protocol::Cancel>(message)) {
    cancel();
  } else if (feed().is_whole()) {
    fail(misuse("Nothing but `cancel` follows `finish`."));
  } else if (auto* append = std::get_if<protocol::Append>(&message)) {
    say(std::move(append->text));
  } else if (const auto* flush = std::get_if<protocol::NumberedFlush>(&message)) {
    feed().flush(flush->id);
  } else {
    feed().finish();
  }
}

void SynthesizeStreamTalk::handle(const protocol::Speak& speak) {
  is_configured_ = true;
  auto encoder = encoder_of(speak.format);
  if (encoder == nullptr) return;
  start(speak,
        std::make_shared<StreamSink>(speak.format, speak.phonemes, std::move(encoder), call()));
}

void SynthesizeStreamTalk::end() {
  if (!is_configured_) return fail(misuse("SynthesizeStream begins with `config`; nothing came."));
  feed().finish();
}

}  // namespace parley::server
