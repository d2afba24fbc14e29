// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/sherpa_offline_socket.h"

#include <iterator>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/recognition/sherpa.h"

namespace parley::server {

using transport::Connection;
using transport::Flow;

namespace close_code = transport::close_code;

/// Of one recording. Threads: any.
class SherpaOfflineSocket::Sink final : public service::RecognitionSink {
 public:
  explicit Sink(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

  bool is_answered() {
    const std::lock_guard lock(mutex_);
    return is_answered_;
  }
  /// Nothing more follows: the socket is closed as soon as it may be.
  void close_when_answered() {
    const std::lock_guard lock(mutex_);
    closes_ = true;
    if (is_answered_) connection_->close(close_code::kNormal, protocol::kSherpaDone);
  }

  void on_final(const service::RecognizedText& final) override {
    if (final.text.empty()) return;
    if (!text_.empty()) text_ += ' ';
    text_ += final.text;
    if (language_.empty()) language_ = final.language;
    if (emotion_.empty()) emotion_ = final.emotion;
    if (event_.empty()) event_ = final.event;
    words_.insert(words_.end(), final.words.begin(), final.words.end());
  }
  void on_room() override { connection_->resume(); }
  void on_end(const Status& status, const service::RecognitionTotals& /*totals*/) override {
    if (!status && status.error().code == ErrorCode::cancelled) return;
    const std::lock_guard lock(mutex_);
    if (!status) {
      // Half an answer would pass for a whole one.
      const bool is_drained = status.error().code == ErrorCode::unavailable;
      connection_->close(is_drained ? close_code::kGoingAway : close_code::kInternal,
                         status.error().message);
      return;
    }
    connection_->send_text(std::make_shared<const std::string>(protocol::sherpa_recording_json(
        text_, {.language = language_, .emotion = emotion_, .event = event_}, words_)));
    is_answered_ = true;
    if (closes_) connection_->close(close_code::kNormal, protocol::kSherpaDone);
    connection_->resume();  // the next one may wait
  }

 private:
  const std::shared_ptr<Connection> connection_;
  std::string text_;  // the strand's, with what follows
  std::string language_;
  std::string emotion_;
  std::string event_;
  std::vector<media::WordTime> words_;
  std::mutex mutex_;          // held for the sending of a message
  bool is_answered_ = false;  // GUARDED_BY(mutex_)
  bool closes_ = false;       // GUARDED_BY(mutex_)
};

SherpaOfflineSocket::SherpaOfflineSocket(service::RecognitionService& service, SessionGate& gate,
                                         SocketAdmission admission, std::string id)
    : ListeningSocket(service, gate, std::move(admission)), id_(std::move(id)) {}

void SherpaOfflineSocket::on_open(std::shared_ptr<Connection> connection) {
  connect(std::move(connection));
}

bool SherpaOfflineSocket::begin(std::span<const std::byte> message) {
  const auto parsed = protocol::parse_sherpa_head(message);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    refuse(400, error->message, 0);
    return false;
  }
  const auto& head = std::get<protocol::SherpaHead>(parsed);
  stop_listening();
  sink_ = std::make_shared<Sink>(shared_connection());
  left_ = head.bytes;
  service::RecognitionRequest request;
  request.id = id_;
  request.face = "sherpa_offline";
  request.rate = head.rate;
  request.partial_interval = Millis{0};
  request.silence = service::kRecordingSilence;
  is_within_ = listen(std::move(request), SampleKind::f32, sink_);
  return is_within_;
}

Flow SherpaOfflineSocket::on_binary(std::span<const std::byte> bytes) {
  if (is_over_) return Flow::more;
  if (!is_within_) {
    if (sink_ != nullptr && !sink_->is_answered()) {
      next_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return Flow::wait;
    }
    if (!begin(bytes)) return Flow::more;
    bytes = bytes.subspan(protocol::kSherpaHeadBytes);
  }
  if (bytes.size() > left_) {
    refuse(400, "more bytes came than were announced", 0);
    return Flow::more;
  }
  left_ -= bytes.size();
  if (append(bytes) == Flow::wait) return Flow::wait;
  return go_on();
}

/// All that has come is in the stream.
Flow SherpaOfflineSocket::go_on() {
  if (is_over_ || !is_listening()) return Flow::more;
  if (is_within_ && left_ == 0) {
    is_within_ = false;
    stream().finish();
  }
  if (next_.empty()) return Flow::more;
  if (!sink_->is_answered()) return Flow::wait;
  const std::string message = std::exchange(next_, {});
  return on_binary(std::as_bytes(std::span(message)));
}

Flow SherpaOfflineSocket::on_text(std::string_view text) {
  if (std::exchange(is_over_, true)) return Flow::more;
  if (text != protocol::kSherpaDone) {
    refuse(400, "Invalid payload: " + std::string(text), 0);
  } else if (sink_ == nullptr || is_within_) {
    connection().close(close_code::kNormal, protocol::kSherpaDone);
  } else {
    sink_->close_when_answered();
  }
  return Flow::more;
}

void SherpaOfflineSocket::refuse(int /*code*/, std::string_view message,
                                 std::int64_t retry_seconds) {
  is_over_ = true;
  stop_listening();
  connection().close(retry_seconds > 0 ? close_code::kTryAgainLater : close_code::kPolicy, message);
}

}  // namespace parley::server
