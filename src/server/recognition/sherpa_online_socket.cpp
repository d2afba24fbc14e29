// SPDX-License-Identifier: Apache-2.0
#include "server/recognition/sherpa_online_socket.h"

#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/recognition/sherpa.h"

namespace parley::server {

using transport::Connection;
using transport::Flow;

namespace close_code = transport::close_code;

/// Threads: the stream's strand, except `finish`.
class SherpaOnlineSocket::Sink final : public service::RecognitionSink {
 public:
  explicit Sink(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

  /// From now on a final may be the stream's last. Threads: any.
  void finish() { is_finishing_.store(true); }

  void on_partial(const service::RecognizedText& partial) override {
    send_last(false);
    send({.segment = segment_, .text = partial.text, .begin = partial.begin});
  }
  void on_final(const service::RecognizedText& final) override {
    send_last(false);
    last_ = final;
    if (!is_finishing_.load()) send_last(false);
  }
  void on_room() override { connection_->resume(); }
  void on_end(const Status& status, const service::RecognitionTotals& /*totals*/) override {
    if (!status && status.error().code == ErrorCode::cancelled) return;
    send_last(true);
    if (status) {
      // Theirs leaves the connection to the client, which may read on.
      connection_->send_text(
          std::make_shared<const std::string>(std::string(protocol::kSherpaAllDone)));
      return;
    }
    const bool is_drained = status.error().code == ErrorCode::unavailable;
    connection_->close(is_drained ? close_code::kGoingAway : close_code::kInternal, "");
  }

 private:
  void send(const protocol::SherpaSegment& segment) {
    connection_->send_text(std::make_shared<const std::string>(protocol::to_json(segment)));
  }
  void send_last(bool is_last) {
    if (!last_) return;
    const service::RecognizedText last = *std::exchange(last_, std::nullopt);
    send({.segment = segment_++,
          .text = last.text,
          .begin = last.begin,
          .words = &last.words,
          .is_final = true,
          .is_last = is_last});
  }

  const std::shared_ptr<Connection> connection_;
  std::atomic<bool> is_finishing_{false};
  std::uint64_t segment_ = 0;
  std::optional<service::RecognizedText> last_;  // not sent
};

SherpaOnlineSocket::SherpaOnlineSocket(service::RecognitionService& service, SessionGate& gate,
                                       SocketAdmission admission, std::string id)
    : ListeningSocket(service, gate, std::move(admission)), id_(std::move(id)) {}

void SherpaOnlineSocket::on_open(std::shared_ptr<Connection> connection) {
  connect(std::move(connection));
  sink_ = std::make_shared<Sink>(shared_connection());
  service::RecognitionRequest request;
  request.id = id_;
  request.face = "sherpa_online";
  listen(std::move(request), SampleKind::f32, sink_);
}

/// What is not `Done` means nothing, as with their server.
Flow SherpaOnlineSocket::on_text(std::string_view text) {
  if (text != protocol::kSherpaDone || !is_listening() || std::exchange(is_done_, true)) {
    return Flow::more;
  }
  sink_->finish();
  stream().finish();
  return Flow::more;
}

Flow SherpaOnlineSocket::on_binary(std::span<const std::byte> bytes) {
  return is_listening() && !is_done_ ? append(bytes) : Flow::more;
}

void SherpaOnlineSocket::refuse(int /*code*/, std::string_view message,
                                std::int64_t retry_seconds) {
  stop_listening();
  connection().close(retry_seconds > 0 ? close_code::kTryAgainLater : close_code::kPolicy, message);
}

}  // namespace parley::server
