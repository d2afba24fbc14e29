// SPDX-License-Identifier: Apache-2.0
#include "server/speech/riva_talk.h"

#include <string>
#include <utility>
#include <variant>

#include "server/speech/whole_speech.h"

namespace parley::server {

using protocol::RivaAnswer;
using protocol::RivaOrder;
using service::SpeechFlow;
using transport::GrpcCode;
using transport::GrpcStatus;

namespace {

GrpcStatus misuse(std::string message) {
  return {GrpcCode::invalid_argument, std::move(message), {}};
}

/// What a chunk is told to be, its first audio tells.
class OnlineSink final : public GrpcSpeechSink {
 public:
  OnlineSink(bool words, std::string id, std::unique_ptr<codec::AudioEncoder> encoder,
             std::shared_ptr<transport::GrpcCall> call)
      : GrpcSpeechSink(std::move(encoder), std::move(call)),
        has_words_(words),
        id_(std::move(id)) {}

  void on_chunk(const service::SpeechChunk& chunk) override {
    next_.written += chunk.written;
    next_.spoken += chunk.spoken ? chunk.spoken->text : chunk.written;
    if (!has_words_) return;
    for (media::WordTime& word : from(chunk.begin, chunk.words)) {
      next_.words.push_back(std::move(word));
    }
  }

 private:
  SpeechFlow on_encoded(std::string bytes, const service::SpeechAudio& /*audio*/) override {
    return bytes.empty() ? SpeechFlow::more : send_audio(std::move(bytes));
  }
  void on_spoken(const service::SpeechTotals& /*totals*/, std::string rest) override {
    if (!rest.empty()) send_audio(std::move(rest));
  }
  SpeechFlow send_audio(std::string bytes) {
    RivaAnswer answer = std::exchange(next_, {});
    answer.audio = std::move(bytes);
    answer.id = id_;
    return send(protocol::to_proto(answer));
  }

  const bool has_words_;
  const std::string id_;
  RivaAnswer next_;
};

std::string write_whole(WholeSpeech speech, const RivaOrder& order) {
  RivaAnswer answer{.audio = std::move(speech.audio),
                    .written = order.speak.text,
                    .spoken = std::move(speech.spoken),
                    .words = {},
                    .id = order.id};
  if (order.words) answer.words = std::move(speech.words);
  return protocol::to_proto(answer);
}

/// Their clients ask for 22050 and 44100 Hz of every encoding; a file says by itself which it has.
protocol::OutputFormat near_format(const protocol::OutputFormat& wanted) {
  protocol::OutputFormat format = wanted;
  format.rate = codec::encodable_rate(file_format(wanted.format), wanted.rate);
  return format;
}

}  // namespace

// --- Synthesize
// -----------------------------------------------------------------------------------

void RivaTalk::hear(std::string_view bytes) {
  if (std::exchange(is_asked_, true)) return fail(misuse("Synthesize takes one request."));
  auto parsed = protocol::parse_riva_synthesize(bytes, characters_max());
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) return fail(*error);
  auto& order = std::get<RivaOrder>(parsed);
  if (order.speak.text.empty()) return fail(protocol::missing_parameter("text"));
  order.speak.format = near_format(order.speak.format);
  auto encoder = encoder_of(order.speak.format);
  if (encoder == nullptr) return;
  auto sink = std::make_shared<WholeSpeechSink>(
      std::move(encoder), call(),
      [order](WholeSpeech speech) { return write_whole(std::move(speech), order); });
  if (!start(order.speak, std::move(sink))) return;
  if (say(std::move(order.speak.text))) feed().finish();
}

void RivaTalk::end() {
  if (!is_asked_) fail(misuse("Synthesize takes one request; none came."));
}

// --- SynthesizeOnline
// -------------------------------------------------------------------------------

void RivaOnlineTalk::hear(std::string_view bytes) {
  auto parsed = protocol::parse_riva_synthesize(bytes, characters_max());
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) return fail(*error);
  auto& order = std::get<RivaOrder>(parsed);
  if (!std::exchange(is_asked_, true) && !begin(order)) return;
  if (order.speak.text.empty()) return;
  if (say(std::move(order.speak.text))) feed().flush(++texts_);
}

bool RivaOnlineTalk::begin(const RivaOrder& order) {
  protocol::Speak speak = order.speak;
  speak.is_whole = false;  // more may come, and it is played meanwhile
  speak.format = near_format(speak.format);
  auto encoder = encoder_of(speak.format);
  if (encoder == nullptr) return false;
  return start(speak,
               std::make_shared<OnlineSink>(order.words, order.id, std::move(encoder), call()));
}

void RivaOnlineTalk::end() {
  if (!is_asked_) return fail(misuse("SynthesizeOnline takes requests; none came."));
  feed().finish();
}

}  // namespace parley::server
