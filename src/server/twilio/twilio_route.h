// SPDX-License-Identifier: Apache-2.0
//
// Telephone calls by Twilio's Media Streams, and by whoever speaks the same, on the main port:
//
//   GET, POST /twilio/voice   what to do with a call: TwiML that connects it to our socket
//   GET /twilio/media         the socket: twilio_socket.h
//   GET /twilio/listen        that of a call that is only listened to: overheard_socket.h
//
// Twilio shows no key. It signs (X-Twilio-Signature): where `twilio.auth_token` is set, what is not
// signed with it is refused; where the server wants keys there must be one, and all calls draw on
// the limits of the key `twilio.key`.
//
// Threads: any I/O loop.
#pragma once

#include <string>
#include <string_view>

#include "base/config.h"
#include "server/api_keys.h"
#include "server/key_limits.h"
#include "server/session_gate.h"
#include "server/speech/socket_admission.h"
#include "service/twilio/call_service.h"
#include "service/twilio/overheard_calls.h"
#include "transport/http/http_message.h"
#include "transport/listener.h"

namespace parley::server {

class TwilioRoute {
 public:
  /// All outlive every connection.
  struct Surroundings {
    service::CallService& service;
    service::OverheardCalls* overheard;  // null: nobody would get the words
    const ApiKeys& keys;
    const KeyAccounts& accounts;
    SessionGate& gate;
    const Config::Twilio& settings;
    bool has_tls = false;
  };

  explicit TwilioRoute(const Surroundings& around) : around_(around) {}

  [[nodiscard]] static bool serves(std::string_view path) noexcept;
  /// The sockets', among those.
  [[nodiscard]] static bool is_socket(std::string_view path) noexcept;
  /// REQUIRES: serves(request.path).
  [[nodiscard]] transport::HttpResponse respond(const transport::HttpRequest& request) const;
  /// REQUIRES: is_socket(request.path).
  [[nodiscard]] transport::UpgradeDecision accept(const transport::HttpRequest& request) const;

 private:
  [[nodiscard]] transport::UpgradeDecision listen(const transport::HttpRequest& request,
                                                  SocketAdmission admission) const;
  /// "https://calls.example.org"; empty: the request does not tell.
  [[nodiscard]] std::string base_url(const transport::HttpRequest& request) const;
  /// `url`: as Twilio was given it. The fields of a form that was posted are in `request.body`.
  [[nodiscard]] bool is_signed(const transport::HttpRequest& request, std::string_view url) const;

  const Surroundings around_;
};

}  // namespace parley::server
