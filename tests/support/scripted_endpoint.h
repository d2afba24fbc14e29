// SPDX-License-Identifier: Apache-2.0
//
// An HTTP server for tests that does exactly what a test writes down, byte by byte, and shares no
// code with our client. Each connection runs the script on a thread of its own.
//
//   ScriptedEndpoint endpoint([](Peer& peer) {
//     const std::string request = peer.read_request();
//     peer.send("HTTP/1.1 200 OK\r\n…");
//   });
//   connect_to(endpoint.port());
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace parley::testing_support {

/// One accepted connection. Threads: its own.
class Peer {
 public:
  Peer(int socket, int number) : number_(number), socket_(socket) {}

  /// The head and body of the next request; empty when the client closed.
  std::string read_request() {
    std::string text;
    for (;;) {
      const std::size_t end = text.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t field = text.find("Content-Length: ");
        const std::size_t length =
            field < end ? std::strtoul(text.c_str() + field + 16, nullptr, 10) : 0;
        if (text.size() >= end + 4 + length) return text;
      }
      char bytes[4096];
      const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
      if (count <= 0) return {};
      text.append(bytes, static_cast<std::size_t>(count));
    }
  }
  /// So many bytes; fewer when the client closed.
  std::string read(std::size_t count) {
    std::string bytes(count, '\0');
    std::size_t at = 0;
    while (at < count) {
      const ssize_t got = ::recv(socket_, bytes.data() + at, count - at, 0);
      if (got <= 0) break;
      at += static_cast<std::size_t>(got);
    }
    bytes.resize(at);
    return bytes;
  }
  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void send_chunk(std::string_view text) {
    char size[32];
    const int length = std::snprintf(size, sizeof size, "%zx\r\n", text.size());
    send(std::string(size, static_cast<std::size_t>(length)) + std::string(text) + "\r\n");
  }
  /// Returns when the client has closed; what it sends until then is thrown away.
  void wait_until_closed() {
    char bytes[4096];
    while (::recv(socket_, bytes, sizeof bytes, 0) > 0) {
    }
  }
  /// Nothing more is sent or read.
  void hang_up() { ::shutdown(socket_, SHUT_RDWR); }
  /// Which connection this is, from 0.
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
  int socket_;
};

class ScriptedEndpoint {
 public:
  using Script = std::function<void(Peer&)>;

  explicit ScriptedEndpoint(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
    ::listen(listener_, 64);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~ScriptedEndpoint() {
    is_stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    for (std::thread& one : threads_) one.join();
    ::close(listener_);
  }
  ScriptedEndpoint(const ScriptedEndpoint&) = delete;
  ScriptedEndpoint& operator=(const ScriptedEndpoint&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void accept() {
    for (;;) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0 || is_stopping_) {
        if (socket >= 0) ::close(socket);
        return;
      }
      const std::lock_guard lock(mutex_);
      open_.push_back(socket);
      threads_.emplace_back([this, socket, number = connections_++] {
        Peer peer(socket, number);
        script_(peer);
        const std::lock_guard closing(mutex_);
        std::erase(open_, socket);
        ::close(socket);
      });
    }
  }

  const Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> is_stopping_{false};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<int> open_;             // GUARDED_BY(mutex_)
  std::vector<std::thread> threads_;  // the acceptor's, then the destructor's
  std::thread acceptor_;
};

}  // namespace parley::testing_support
