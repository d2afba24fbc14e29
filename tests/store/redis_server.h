// SPDX-License-Identifier: Apache-2.0
//
// A Redis server of this test alone, on a free port, without a disk. Needs redis-server (Debian).
#pragma once

#include <csignal>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace parley::test {

class RedisServer {
 public:
  /// False: there is no redis-server here.
  bool start() {
    if (std::system("command -v redis-server >/dev/null") != 0) return false;
    if (port_ == 0) port_ = free_port();
    const std::string port = std::to_string(port_);
    process_ = fork();
    if (process_ == 0) {
      execlp("redis-server", "redis-server", "--port", port.c_str(), "--bind", "127.0.0.1",
             "--save", "", "--appendonly", "no", "--logfile", "/dev/null", "--dir", "/tmp",
             static_cast<char*>(nullptr));
      std::_Exit(127);
    }
    return wait_until_listening();
  }
  void stop() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  ~RedisServer() { stop(); }
  [[nodiscard]] std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }

 private:
  static int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket, any, length), 0);
    EXPECT_EQ(getsockname(socket, any, &length), 0);
    close(socket);
    return ntohs(address.sin_port);
  }
  [[nodiscard]] bool wait_until_listening() const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // The system's own patience: each refused connection gives the other process the processor.
    for (int tries = 0; tries < 2'000'000; ++tries) {
      const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
      const bool is_open =
          connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
      close(socket);
      if (is_open) return true;
      if (waitpid(process_, nullptr, WNOHANG) != 0) return false;
      sched_yield();
    }
    return false;
  }

  int port_ = 0;
  pid_t process_ = 0;
};

}  // namespace parley::test
