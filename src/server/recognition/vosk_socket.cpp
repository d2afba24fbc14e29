// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/vosk_socket.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/recognition/raw_socket.h"
#include "protocol/recognition/vosk.h"
#include "server/recognition/listen_request.h"

namespace parley::server {

using transport::Connection;
using transport::Flow;

namespace close_code = transport::close_code;

namespace {

/// Which message a flush is the end of.
constexpr std::uint64_t kReset = 1;

}  // namespace

/// What was recognised and nobody has been answered with. Threads: any.
class VoskSocket::Sink final : public service::RecognitionSink {
 public:
  explicit Sink(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

  void tell_words(bool wanted) {
    const std::lock_guard lock(mutex_);
    tells_words_ = wanted;
  }
  /// The answer to a piece of audio.
  std::string answer() {
    const std::lock_guard lock(mutex_);
    if (results_.empty()) return protocol::vosk_partial(partial_);
    const Result first = std::move(results_.front());
    results_.pop_front();
    return write(first);
  }

  void on_partial(const service::RecognizedText& partial) override {
    const std::lock_guard lock(mutex_);
    partial_ = partial.text;
  }
  void on_final(const service::RecognizedText& final) override {
    const std::lock_guard lock(mutex_);
    partial_.clear();
    if (final.text.empty()) return;
    results_.push_back(
        {final.text, final.words, protocol::confidence_of(final.tokens).value_or(1.0)});
  }
  void on_room() override { connection_->resume(); }
  void on_flushed(std::uint64_t /*id*/, const service::RecognitionTotals& /*totals*/) override {
    send(rest());
  }
  void on_end(const Status& status, const service::RecognitionTotals& /*totals*/) override {
    if (!status && status.error().code == ErrorCode::cancelled) return;
    send(rest());
    connection_->close(status ? close_code::kNormal : close_code::kGoingAway, "");
  }

 private:
  struct Result {
    std::string text;
    std::vector<media::WordTime> words;
    double confidence = 1.0;
  };

  std::string write(const Result& result) const {
    return protocol::vosk_result(result.text, tells_words_ ? &result.words : nullptr,
                                 result.confidence);
  }
  /// All that has not been told, as one result: a client reads one.
  std::string rest() {
    const std::lock_guard lock(mutex_);
    Result all;
    for (Result& one : results_) {
      if (!all.text.empty()) all.text += ' ';
      all.text += one.text;
      std::ranges::move(one.words, std::back_inserter(all.words));
      all.confidence = std::min(all.confidence, one.confidence);
    }
    results_.clear();
    return write(all);
  }
  void send(std::string text) {
    connection_->send_text(std::make_shared<const std::string>(std::move(text)));
  }

  const std::shared_ptr<Connection> connection_;
  std::mutex mutex_;            // held for a move of a message
  bool tells_words_ = false;    // GUARDED_BY(mutex_), as is all that follows
  std::string partial_;         // of the utterance that is being spoken
  std::deque<Result> results_;  // in order; as many as utterances since the last answer
};

VoskSocket::VoskSocket(service::RecognitionService& service, SessionGate& gate,
                       SocketAdmission admission, std::string id)
    : ListeningSocket(service, gate, std::move(admission)), id_(std::move(id)) {}

void VoskSocket::on_open(std::shared_ptr<Connection> connection) {
  connect(std::move(connection));
  sink_ = std::make_shared<Sink>(shared_connection());
}

bool VoskSocket::begin() {
  service::RecognitionRequest request;
  request.id = id_;
  request.face = "vosk";
  request.rate = wanted_rate_;
  request.hints = hints_;
  return listen(std::move(request), SampleKind::s16, sink_);
}

Flow VoskSocket::on_text(std::string_view text) {
  const auto parsed = protocol::parse_vosk_message(text);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    // Vosk's server has no message for it.
    connection().close(close_code::kPolicy, error->message);
    return Flow::more;
  }
  const auto& message = std::get<protocol::VoskMessage>(parsed);
  if (const auto* config = std::get_if<protocol::VoskConfig>(&message)) {
    wanted_rate_ = config->rate.value_or(wanted_rate_);
    if (config->words) sink_->tell_words(*config->words);
    if (config->hot_words) hints_ = hints_of(*config->hot_words);
    return Flow::more;
  }
  if (!is_listening() && !begin()) return Flow::more;
  if (std::holds_alternative<protocol::VoskEnd>(message)) {
    stream().finish();
  } else {
    stream().flush(kReset);
  }
  return Flow::more;
}

Flow VoskSocket::on_binary(std::span<const std::byte> bytes) {
  if (!is_listening() && !begin()) return Flow::more;
  const Flow flow = append(bytes);
  if (is_listening()) send(sink_->answer());
  return flow;
}

void VoskSocket::refuse(int /*code*/, std::string_view message, std::int64_t retry_seconds) {
  stop_listening();
  connection().close(retry_seconds > 0 ? close_code::kTryAgainLater : close_code::kPolicy, message);
}

}  // namespace parley::server
