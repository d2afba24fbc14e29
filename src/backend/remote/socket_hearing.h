// SPDX-License-Identifier: Apache-2.0
//
// An utterance that is sent to a recogniser's WebSocket, on a connection of its own.
//
// Threads: as RemoteHearing's.
#pragma once

#include <memory>
#include <optional>

#include "backend/remote/recogniser_talk.h"
#include "backend/remote/remote_asr_host.h"
#include "backend/remote/remote_hearing.h"
#include "transport/client/websocket_client.h"

namespace parley::backend {

/// What all utterances of a host share. Threads: any.
struct RecogniserSocket {
  transport::WebSocketClient& client;
  const RemoteAsrOptions& options;
  transport::HttpUrl url;
  SocketRecogniser kind;
};

class SocketHearing final : public RemoteHearing, public transport::WebSocketListener {
 public:
  /// `socket` outlives it.
  SocketHearing(std::shared_ptr<model::AsrCall> call, const RecogniserSocket& socket,
                OnDone on_done);

 private:
  void ask() override;
  void hang_up() override;
  void let_go() override { talk_.reset(); }
  void on_open() override {}
  void on_text(std::string_view text) override;
  void on_refused(int status, std::string_view body) override;
  void on_closed(std::uint16_t code, std::string_view reason) override;
  void on_end(Status status) override;
  void conclude(Status status);

  const RecogniserSocket& socket_;
  std::optional<RecogniserTalk> words_;             // of this try
  std::shared_ptr<transport::WebSocketTalk> talk_;  // shared with the client
  std::optional<Status> ending_;                    // what the peer's end means
};

}  // namespace parley::backend
