// SPDX-License-Identifier: Apache-2.0
//
// A WebSocket client (RFC 6455), with and without TLS, on one I/O thread of its own: one connection
// for each talk, no extensions, no redirects, no proxies. Pings are answered.
//
//   WebSocketClient client({});
//   auto talk = client.start({.url = url}, std::make_shared<MyListener>());
//   client.post([talk] { talk->set_timeout(10s, "no answer"); });
//
// Threads: `start` and `post` any; everything of WebSocketListener and WebSocketTalk on the
// client's I/O thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "transport/client/http_url.h"

namespace parley::transport {

struct WebSocketRequest {
  HttpUrl url;  // http for ws, https for wss
  std::vector<std::pair<std::string, std::string>> headers{};
};

/// Threads: the client's I/O thread. Must return quickly.
class WebSocketListener {
 public:
  virtual ~WebSocketListener() = default;
  virtual void on_open() = 0;
  virtual void on_text(std::string_view text) = 0;
  virtual void on_binary(std::string_view /*bytes*/) {}
  /// The server answered with this instead of opening the socket.
  virtual void on_refused(int /*status*/, std::string_view /*body*/) {}
  /// The server closed it as RFC 6455 wants it.
  virtual void on_closed(std::uint16_t /*code*/, std::string_view /*reason*/) {}
  /// Once, last; without an error after one of the two before. Errors: unavailable (no connection,
  /// or lost), deadline_exceeded (a set timeout), data_corrupt (not RFC 6455). Not called after
  /// `WebSocketTalk::close` or `leave`.
  virtual void on_end(Status status) = 0;
};

/// Threads: the client's I/O thread.
class WebSocketTalk {
 public:
  virtual ~WebSocketTalk() = default;
  /// Queued until the socket is open. False: more than unsent_max would wait.
  [[nodiscard]] virtual bool send_text(std::string text) = 0;
  [[nodiscard]] virtual bool send_binary(std::string bytes) = 0;
  /// Ends the talk at once, which tells most servers to stop their work. The listener hears no
  /// more, and is let go of.
  virtual void close() = 0;
  /// The same with a good-bye (RFC 6455 §7.1.2), where nothing is being sent any more.
  virtual void leave() = 0;
  /// `leave`, when all that was sent before is on its way: at most handshake_timeout later.
  virtual void leave_after_sending() = 0;
  /// Ends the talk with deadline_exceeded and `why` unless set again within `timeout`.
  virtual void set_timeout(Millis timeout, std::string why) = 0;
};

struct WebSocketClientOptions {
  Millis connect_timeout{5'000};
  Millis handshake_timeout{5'000};      // to open, and to close
  std::size_t message_max = 4U << 20U;  // bytes of a message that comes
  std::size_t unsent_max = 16U << 20U;  // bytes that wait to be sent
  std::string ca_file{};                // PEM; empty: the system's certificates
};

class WebSocketClient {
 public:
  explicit WebSocketClient(WebSocketClientOptions options);
  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  std::shared_ptr<WebSocketTalk> start(WebSocketRequest request,
                                       std::shared_ptr<WebSocketListener> listener);
  void post(std::function<void()> work);
  void post_after(Millis delay, std::function<void()> work);
  /// Ends the I/O thread. No listener is called any more, and posted work is dropped. Further calls
  /// do nothing.
  void stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace parley::transport
