// SPDX-License-Identifier: Apache-2.0
//
// A WebSocket client (RFC 6455) on a non-blocking socket, for a load generator that has many in one
// thread. It shares no code with the server, so that neither hides the other's mistakes. Text
// messages only; pings are answered; no TLS, no extensions.
//
//   PARLEY_TRY(BenchSocket socket, BenchSocket::connect(target, seed));
//   socket.advance(messages);  // when epoll says readable or writable: whole texts that have come
//   socket.send(text);         // queued; leaves as the peer reads
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"

namespace parley::cli {

/// Where the server is. Threads: value type.
struct BenchTarget {
  std::string host = "127.0.0.1";  // a numeric address or "localhost"
  std::uint16_t port = 0;
  std::string path = "/v1/realtime?model=bench";
  std::string key{};  // empty: none is shown
};

class BenchSocket {
 public:
  /// Of what waits to be sent: 30 s of audio. A peer that reads nothing for that long is gone.
  static constexpr std::size_t kUnsentMax = 4U << 20U;
  static constexpr std::size_t kMessageMax = 32U << 20U;

  /// Begins to connect. Errors: invalid_argument (no such address), unavailable.
  static Result<BenchSocket> connect(const BenchTarget& target, std::uint64_t seed);
  BenchSocket(BenchSocket&& other) noexcept;
  BenchSocket& operator=(BenchSocket&&) = delete;
  ~BenchSocket();

  /// Reads and writes what can be read and written now, and appends the whole texts that came.
  /// Errors: unavailable (refused, closed or lost), data_corrupt (not what RFC 6455 says). After an
  /// error the socket is of no use; texts that came before it are in `messages` all the same.
  Status advance(std::vector<std::string>& messages);
  /// REQUIRES: is_open().
  Status send(std::string_view text);

  [[nodiscard]] bool is_open() const { return state_ == State::open; }
  /// Wants to hear when it is writable, too.
  [[nodiscard]] bool wants_to_write() const {
    return state_ == State::connecting || !unsent_.empty();
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  enum class State : std::uint8_t { connecting, upgrading, open };

  BenchSocket(int descriptor, const BenchTarget& target, std::uint64_t seed);
  Status finish_connecting();
  Status finish_upgrade();
  Status read_all();
  Status take_frames(std::vector<std::string>& messages);
  Status take_frame(std::uint8_t head, std::string_view payload,
                    std::vector<std::string>& messages);
  void queue_frame(std::uint8_t opcode, std::string_view payload);
  Status flush();

  int descriptor_;
  State state_ = State::connecting;
  std::string received_;  // not yet taken
  std::string message_;   // parts so far
  std::string unsent_;
  Random random_;  // masks (RFC 6455 §5.3)
};

}  // namespace parley::cli
