// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/listening_socket.h"

#include <utility>

#include "base/trace.h"
#include "server/speech/speech_framing.h"

namespace parley::server {

using transport::Flow;

namespace {

/// Tells a stream's sink everything, and the end of the stream to whoever waits for the socket to
/// have nothing to do. Threads: as the sink.
class WatchedSink final : public service::RecognitionSink {
 public:
  WatchedSink(std::shared_ptr<service::RecognitionSink> sink,
              std::unique_ptr<IdleSockets::Work> work)
      : sink_(std::move(sink)), work_(std::move(work)) {}

  void on_speech_started(std::uint64_t utterance, media::MediaTime begin) override {
    sink_->on_speech_started(utterance, begin);
  }
  void on_partial(const service::RecognizedText& partial) override { sink_->on_partial(partial); }
  void on_final(const service::RecognizedText& final) override { sink_->on_final(final); }
  void on_trouble(const Error& error) override { sink_->on_trouble(error); }
  void on_flushed(std::uint64_t id, const service::RecognitionTotals& totals) override {
    sink_->on_flushed(id, totals);
  }
  void on_room() override { sink_->on_room(); }
  void on_end(const Status& status, const service::RecognitionTotals& totals) override {
    sink_->on_end(status, totals);
    work_.reset();  // after the answer: a socket that is closed sends nothing more
  }

 private:
  const std::shared_ptr<service::RecognitionSink> sink_;  // shared with the socket
  std::unique_ptr<IdleSockets::Work> work_;
};

}  // namespace

ListeningSocket::ListeningSocket(service::RecognitionService& service, SessionGate& gate,
                                 SocketAdmission admission)
    : pass_(gate),
      service_(service),
      gate_(gate),
      admission_(std::move(admission)),
      feed_(service, admission_.account) {}

bool ListeningSocket::listen(service::RecognitionRequest request, SampleKind kind,
                             std::shared_ptr<service::RecognitionSink> sink) {
  request.client = admission_.owner;
  const Status opened =
      feed_.open(std::move(request), kind, std::make_shared<WatchedSink>(std::move(sink), work()));
  if (opened) return true;
  const Error& error = opened.error();
  const bool is_temporary =
      error.code == ErrorCode::resource_exhausted || error.code == ErrorCode::unavailable;
  refuse(is_temporary ? 503 : http_status_of(error.code), error.message,
         is_temporary ? service_.retry_seconds() : 0);
  return false;
}

Flow ListeningSocket::append(std::span<const std::byte> bytes) {
  PARLEY_HOP();
  const AudioFeed::Taken taken = feed_.append(bytes);
  if (!taken.trouble.empty()) complain(taken.trouble);
  if (taken.refused) refuse(429, taken.refused->message, taken.refused->retry_seconds);
  return taken.flow;
}

Flow ListeningSocket::on_resume() { return feed_.resume() == Flow::wait ? Flow::wait : go_on(); }

void ListeningSocket::on_close(std::uint16_t /*code*/, std::string_view /*reason*/) {
  feed_.close();
}

void ListeningSocket::send(std::string text) {
  connection_->send_text(std::make_shared<const std::string>(std::move(text)));
}

}  // namespace parley::server
