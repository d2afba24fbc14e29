// SPDX-License-Identifier: Apache-2.0
//
// A client for tests of servers: plain blocking POSIX sockets, with no code in common with the
// server, so that neither hides the other's mistakes. It can also misbehave on purpose.
//
// Every read gives up after kPatience; a test then fails instead of hanging.
//
// Threads: one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::test {

inline constexpr int kPatienceSeconds = 20;

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A TCP connection to 127.0.0.1.
class Socket {
 public:
  explicit Socket(std::uint16_t port, int receive_buffer_bytes = 0);
  ~Socket();
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&&) = delete;

  [[nodiscard]] bool is_connected() const { return descriptor_ >= 0; }
  /// False when the peer is gone.
  bool send(std::string_view bytes);
  /// Up to `bytes_max`; empty: closed, reset, or out of patience.
  std::string receive(std::size_t bytes_max);
  std::string receive_all();
  /// Exactly `bytes`, or nullopt.
  std::optional<std::string> receive_exactly(std::size_t bytes);
  /// Up to and including `mark`, or nullopt.
  std::optional<std::string> receive_until(std::string_view mark);
  /// No more is sent.
  void finish_sending();

 private:
  int descriptor_ = -1;
  std::string buffered_;
};

struct HttpResult {
  int status = 0;  // 0: no answer
  Headers headers;
  std::string body;
  [[nodiscard]] std::string header(std::string_view name) const;  // empty: absent
};

/// Reads one response; the body by Content-Length.
HttpResult read_response(Socket& socket, bool is_head = false);
/// One request on a connection of its own. `Host` is added unless given.
HttpResult http(std::uint16_t port, std::string_view method, std::string_view target,
                const Headers& headers = {}, std::string_view body = {});

class WebSocketClient {
 public:
  struct Received {
    enum class Kind { text, binary, close, gone } kind = Kind::gone;
    std::string data;        // close: the reason
    std::uint16_t code = 0;  // close
  };

  WebSocketClient(std::uint16_t port, std::string_view target, const Headers& headers = {},
                  int receive_buffer_bytes = 0);

  /// The answer to the upgrade; status 101 when it is a WebSocket now.
  [[nodiscard]] const HttpResult& answer() const { return answer_; }
  [[nodiscard]] bool is_open() const { return answer_.status == 101; }

  bool send_text(std::string_view text) { return send_frame(0x1, text); }
  bool send_binary(std::string_view bytes) { return send_frame(0x2, bytes); }
  bool send_close(std::uint16_t code);
  bool send_frame(std::uint8_t opcode, std::string_view payload);
  /// The next message; pings are answered unless `answer_pings` is off. A close is answered.
  Received receive();

  bool answer_pings = true;
  Socket& socket() { return socket_; }

 private:
  struct Frame {
    std::uint8_t opcode = 0;
    bool is_last = true;
    std::string payload;
  };
  std::optional<Frame> read_frame();

  Socket socket_;
  HttpResult answer_;
};

}  // namespace parley::test
