// SPDX-License-Identifier: Apache-2.0
//
// Who speaks, over HTTP:
//
//   POST   /v1/speakers            enrols: multipart/form-data of `name` and one `file` or several
//   GET    /v1/speakers            those of the caller
//   DELETE /v1/speakers/{id}       by id, or by name
//   POST   /v1/speakers/identify   `file`: who is it?
//   POST   /v1/speakers/verify     `name` (or an id) and `file`: is it him?
//
// Threads: any I/O loop; the answers are made on the desk's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/speakers/speaker_order.h"
#include "server/key_limits.h"
#include "server/session_gate.h"
#include "server/speakers/speaker_desk.h"
#include "transport/listener.h"

namespace parley::server {

class SpeakerRoutes {
 public:
  static constexpr std::string_view kPath = "/v1/speakers";
  /// True for the path above and everything below it.
  [[nodiscard]] static bool serves(std::string_view path) noexcept;

  /// Whose speakers they are, and whose limits are drawn on.
  struct Asker {
    std::string owner;
    std::shared_ptr<KeyAccount> account;  // shared with what else it opened
  };

  /// Both outlive every request; `gate` the desk, too.
  SpeakerRoutes(SpeakerDesk& desk, SessionGate& gate) : desk_(desk), gate_(gate) {}

  void handle(transport::HttpRequest request, Asker asker, transport::HttpReply reply);

 private:
  using Answer = std::function<transport::HttpResponse(service::SpeakerService&)>;
  /// Has `answer` made, and sends it.
  void ask(Answer answer, transport::HttpReply reply);
  void hear(transport::HttpRequest request, Asker asker, protocol::SpeakerAction action,
            transport::HttpReply reply);

  SpeakerDesk& desk_;
  SessionGate& gate_;
};

}  // namespace parley::server
