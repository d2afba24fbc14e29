// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/socket_hearing.h"

#include <utility>

#include "backend/remote/endpoint_error.h"

namespace parley::backend {
namespace {

constexpr std::string_view kWho = "the recogniser";

}  // namespace

SocketHearing::SocketHearing(std::shared_ptr<model::AsrCall> call, const RecogniserSocket& socket,
                             OnDone on_done)
    : RemoteHearing(
          std::move(call),
          [&client = socket.client](std::function<void()> work) { client.post(std::move(work)); },
          std::move(on_done)),
      socket_(socket) {}

void SocketHearing::ask() {
  if (call().translate) {
    return end(Error{ErrorCode::invalid_argument,
                     "asr.url: a recogniser behind a WebSocket does not translate"});
  }
  words_.emplace(socket_.kind);
  ending_.reset();
  transport::WebSocketRequest request{.url = socket_.url};
  request.url.path = words_->address(request.url.path, call());
  const RemoteAsrOptions& options = socket_.options;
  if (!options.api_key.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + options.api_key);
  }
  talk_ = socket_.client.start(std::move(request),
                               std::static_pointer_cast<SocketHearing>(shared_from_this()));
  talk_->set_timeout(options.answer_timeout, "no words within the time limit");
  for (SocketMessage& message : words_->messages(call())) {
    // An utterance is far smaller than what may wait there.
    static_cast<void>(message.is_text ? talk_->send_text(std::move(message.bytes))
                                      : talk_->send_binary(std::move(message.bytes)));
  }
}

void SocketHearing::hang_up() {
  if (talk_) talk_->close();
}

void SocketHearing::on_text(std::string_view text) {
  if (is_over()) return;
  const Status taken = words_->take(text);
  if (taken && !words_->is_whole()) return;
  taken ? talk_->leave() : talk_->close();
  conclude(taken);
}

void SocketHearing::on_refused(int status, std::string_view body) {
  ending_ = endpoint_error(kWho, status, body);
}

void SocketHearing::on_closed(std::uint16_t code, std::string_view reason) {
  ending_ = words_->take_close(code, reason);
}

void SocketHearing::on_end(Status ended) {
  if (is_over()) return;
  conclude(ending_ ? *ending_ : std::move(ended));
}

void SocketHearing::conclude(Status status) {
  if (!status) return lose(status.error());
  succeed(words_->answer(length()));
}

}  // namespace parley::backend
