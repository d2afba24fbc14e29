// SPDX-License-Identifier: Apache-2.0
//
// A livekit-server of a test's own, on free ports of 127.0.0.1, and tokens for it. The program is
// what `tools/deps --with rooms` has built.
//
// Threads: one owner.
#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

namespace parley::test {

struct LiveKitGrants {
  std::string identity;
  std::string room;
  bool is_admin = false;  // of the room, to use the server's API
  bool is_agent = false;  // who may send texts on behalf of others
};

class LiveKitServer {
 public:
  LiveKitServer();
  ~LiveKitServer();
  LiveKitServer(const LiveKitServer&) = delete;
  LiveKitServer& operator=(const LiveKitServer&) = delete;

  /// Empty: it runs. Else what is wrong, and what to do.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] static std::string token(const LiveKitGrants& grants);
  /// POST /twirp/livekit.<method> with `body` (JSON); the status.
  [[nodiscard]] int call(const std::string& method, const std::string& room,
                         const std::string& body, std::string* answer = nullptr) const;
  /// At once, as if its machine had gone.
  void kill();

 private:
  std::uint16_t port_ = 0;
  pid_t process_ = -1;
  std::string log_;
  std::string problem_;
};

}  // namespace parley::test
