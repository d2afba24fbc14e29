// SPDX-License-Identifier: Apache-2.0
//
// An HTTP/1.1 client for streamed answers, with and without TLS, on one I/O thread of its own.
//
// Connections are kept and used again; a kept one that turns out to be closed is replaced without a
// word, once, and only while nothing of an answer has come. `connect_ahead` makes a connection
// before it is needed (a TLS handshake costs two round trips). Redirects are not followed: the
// status is the caller's to judge. Proxies are not used.
//
//   HttpClient client({});
//   auto exchange = client.start({.url = url, .body = json}, std::make_shared<MyListener>());
//   client.post([exchange] { exchange->set_timeout(10s, "no first token"); });
//
// Threads: `start`, `connect_ahead`, `post` any; everything of HttpListener and HttpExchange on the
// client's I/O thread only.
#pragma once

#include <cstddef>
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

struct ClientRequest {
  HttpUrl url;
  std::string method = "POST";
  std::vector<std::pair<std::string, std::string>> headers{};  // beside Host and Content-Length
  std::string body{};
};

/// Threads: the client's I/O thread. Must return quickly.
class HttpListener {
 public:
  virtual ~HttpListener() = default;
  /// Each field of the answer's head, before `on_head`; `name` as the server wrote it.
  virtual void on_field(std::string_view /*name*/, std::string_view /*value*/) {}
  virtual void on_head(int status, std::string_view content_type) = 0;
  /// True: go on. False: nothing more is read until `HttpExchange::resume`.
  [[nodiscard]] virtual bool on_body(std::string_view bytes) = 0;
  /// Once, last. Errors: unavailable (no connection, or lost), deadline_exceeded (a set timeout),
  /// data_corrupt (not HTTP). Not called after `HttpExchange::close`.
  virtual void on_end(Status status) = 0;
};

/// A request under way. Threads: the client's I/O thread.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
  /// Closes the socket, which tells most servers to stop their work; the listener hears no more,
  /// and is let go of, at the earliest when what it is being told has returned.
  virtual void close() = 0;
  /// Ends the exchange with deadline_exceeded and `why` unless set again within `timeout`.
  virtual void set_timeout(Millis timeout, std::string why) = 0;
  virtual void resume() = 0;
};

struct HttpClientOptions {
  Millis connect_timeout{5'000};
  Millis idle_timeout{30'000};  // a kept connection is closed after this
  std::size_t idle_max = 8;     // kept connections per origin; further ones are closed
  std::size_t header_bytes_max = 64U << 10U;
  std::string ca_file{};  // PEM; empty: the system's certificates
  // A host one of whose addresses is not of the public internet is refused with permission_denied.
  // What was looked at is what is connected to: a name that changes in between gains nothing.
  bool public_only = false;
};

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  std::shared_ptr<HttpExchange> start(ClientRequest request,
                                      std::shared_ptr<HttpListener> listener);
  /// Does nothing where a kept connection is at hand already.
  void connect_ahead(const HttpUrl& url);
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
