// SPDX-License-Identifier: Apache-2.0
#include "server/speech/http_speech.h"

#include <algorithm>
#include <utility>

#include "base/trace.h"
#include "base/utf8.h"

namespace parley::server {

namespace {

using media::MediaTime;
using service::SpeechFlow;
using service::SpeechStream;
using transport::HttpBody;
using transport::SendResult;

/// Hands over a text of any length, as the stream has room for it.
class TextFeeder {
 public:
  explicit TextFeeder(std::string text) : text_(std::move(text)) {}

  /// Threads: one at a time: who opens the stream, then its strand.
  void feed(SpeechStream& stream) {
    while (at_ < text_.size()) {
      const std::size_t size = std::min(SpeechStream::kAppendBytesMax, text_.size() - at_);
      if (stream.append(text_.substr(at_, size)) != service::AppendResult::taken) return;
      at_ += size;
    }
    if (!std::exchange(finished_, true)) stream.finish();
  }

 private:
  const std::string text_;
  std::size_t at_ = 0;
  bool finished_ = false;
};

/// Speech → file → answer.
class HttpSpeech final : public service::SpeechSink {
 public:
  HttpSpeech(std::shared_ptr<HttpBody> body, std::unique_ptr<codec::AudioEncoder> encoder,
             std::unique_ptr<SpeechFraming> framing, std::string text,
             const service::SpeechService& service)
      : body_(std::move(body)),
        encoder_(std::move(encoder)),
        framing_(std::move(framing)),
        feeder_(std::move(text)),
        service_(service) {}

  /// Before anything is spoken. `stream` calls nobody once it is gone.
  void begin(SpeechStream& stream) {
    stream_ = &stream;
    feeder_.feed(stream);
  }
  void refuse(const Error& error) {
    body_->refuse(framing_->refusal(error, service_.retry_seconds()));
  }

  void on_chunk(const service::SpeechChunk& chunk) override { framing_->chunk(chunk); }
  SpeechFlow on_audio(service::SpeechAudio audio) override;
  void on_room() override { feeder_.feed(*stream_); }
  void on_end(const Status& status, const service::SpeechTotals& totals) override;

 private:
  SendResult write() {
    if (out_.empty()) return SendResult::sent;
    return body_->write(std::make_shared<const std::string>(std::exchange(out_, {})));
  }
  void fail(const Error& error);

  const std::shared_ptr<HttpBody> body_;  // shared with the connection
  const std::unique_ptr<codec::AudioEncoder> encoder_;
  const std::unique_ptr<SpeechFraming> framing_;
  TextFeeder feeder_;
  const service::SpeechService& service_;
  SpeechStream* stream_ = nullptr;
  std::string file_;  // encoded, on its way into `out_`
  std::string out_;
};

SpeechFlow HttpSpeech::on_audio(service::SpeechAudio audio) {
  PARLEY_HOP();
  file_.clear();
  const auto samples = static_cast<std::int64_t>(audio.samples.size() / sizeof(float));
  if (const Status encoded = encoder_->encode(audio.samples.floats(), file_); !encoded) {
    fail(encoded.error());
    stream_->cancel();
    return SpeechFlow::wait;
  }
  framing_->append(out_, file_, MediaTime::from_samples(samples, audio.rate));
  return write() == SendResult::sent ? SpeechFlow::more : SpeechFlow::wait;
}

void HttpSpeech::on_end(const Status& status, const service::SpeechTotals& totals) {
  if (!status) return fail(status.error());
  file_.clear();
  if (const Status ended = encoder_->finish(file_); !ended) return fail(ended.error());
  framing_->append(out_, file_, MediaTime{});
  framing_->end(out_, totals);
  write();
  body_->finish();
}

void HttpSpeech::fail(const Error& error) {
  if (body_->refuse(framing_->refusal(error, service_.retry_seconds()))) return;
  framing_->fail(out_, error);
  write();
  body_->abort();
}

/// What the reader does. Owns the stream, which ends with the connection.
class Reader final : public transport::HttpBodySink {
 public:
  Reader(SessionGate& gate, std::shared_ptr<void> place) : pass_(gate), place_(std::move(place)) {}
  void hold(std::unique_ptr<SpeechStream> stream) { stream_ = std::move(stream); }
  void on_writable() override {
    if (stream_) stream_->resume();
  }
  void on_close() override { stream_.reset(); }

 private:
  const SessionGate::Pass pass_;       // first: given back when the stream is gone
  const std::shared_ptr<void> place_;  // of KeyAccount::enter_stream
  std::unique_ptr<SpeechStream> stream_;
};

transport::HttpResponse refusal(const SpeechFraming& framing, const KeyAccount::Refusal& refused) {
  const ErrorCode code =
      refused.is_ended ? ErrorCode::permission_denied : ErrorCode::resource_exhausted;
  return framing.refusal({code, refused.message}, static_cast<int>(refused.retry_seconds));
}

}  // namespace

void speak_over_http(HttpSpeechOrder order, service::SpeechService& service, SessionGate& gate,
                     transport::HttpReply reply) {
  // The place first: a text that finds none costs nothing.
  KeyAccount::StreamEntry entry = KeyAccount::enter_stream(order.account);
  if (!entry.refused)
    entry.refused =
        order.account->take_characters(static_cast<std::int64_t>(characters_in(order.text)));
  if (entry.refused) return reply.send(refusal(*order.framing, *entry.refused));
  auto encoder = codec::AudioEncoder::make(
      {.format = order.format, .rate = order.request.rate, .bitrate = order.bitrate});
  if (!encoder) {
    return reply.send(order.framing->refusal(encoder.error(), service.retry_seconds()));
  }
  transport::HttpResponse head;
  head.content_type = order.framing->content_type();
  head.headers = {{"Cache-Control", "no-store"}};
  auto owned = std::make_unique<Reader>(gate, std::move(entry.place));
  Reader& reader = *owned;
  const std::shared_ptr<HttpBody> body = reply.stream(std::move(head), std::move(owned));
  auto speech = std::make_shared<HttpSpeech>(body, std::move(*encoder), std::move(order.framing),
                                             std::move(order.text), service);
  auto stream = service.open(std::move(order.request), speech);
  if (!stream) return speech->refuse(stream.error());
  SpeechStream& opened = **stream;
  // This is the reader's loop: it is still there, or was never asked to be.
  reader.hold(std::move(*stream));
  speech->begin(opened);
}

}  // namespace parley::server
