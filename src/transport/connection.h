// SPDX-License-Identifier: Apache-2.0
//
// One message connection (a WebSocket) as its user sees it. `Connection` is the way out, and any
// thread may use it; `ConnectionSink` is the way in, called on the connection's I/O loop only.
//
// Out: messages wait in a queue that is bounded in bytes. Past `queue_bytes_soft` a send still
// succeeds but says `backpressure`: hold back until `on_writable`. A send that finds more than
// `queue_bytes_hard` waiting drops the queue and closes with 1013: the peer is too slow.
// In: a sink that cannot take more answers `Flow::wait`; nothing is read until `resume()`, and TCP
// slows the peer down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace parley::transport {

enum class SendResult : std::uint8_t { sent, backpressure, closed };
enum class Flow : std::uint8_t { more, wait };

/// Close codes of RFC 6455 §7.4.1 that we send or report.
namespace close_code {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kNoStatus = 1005;  // never sent
inline constexpr std::uint16_t kAbnormal = 1006;  // never sent: the connection broke
inline constexpr std::uint16_t kPolicy = 1008;
inline constexpr std::uint16_t kTooBig = 1009;
inline constexpr std::uint16_t kInternal = 1011;
inline constexpr std::uint16_t kTryAgainLater = 1013;
}  // namespace close_code

/// Immutable and shared: one message may be queued on many connections.
using Message = std::shared_ptr<const std::string>;

/// A text message that is written out only when its turn comes, so that what waits stays small.
class MessageSource {
 public:
  virtual ~MessageSource() = default;
  /// Once. Threads: the connection's I/O loop.
  [[nodiscard]] virtual std::string text() = 0;
  /// About how long the text will be; counts against the queue's limits. Threads: the sender's.
  [[nodiscard]] virtual std::size_t bytes_estimate() const = 0;
};

/// Threads: any. Never blocks.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual SendResult send_text(Message message) = 0;
  virtual SendResult send_text(std::unique_ptr<MessageSource> source) = 0;
  virtual SendResult send_binary(Message message) = 0;
  /// What was sent before still goes out, then the closing handshake. The first call counts.
  /// `reason`: at most 123 bytes of UTF-8, cut if longer.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  /// Reading goes on after a sink said `Flow::wait`.
  virtual void resume() = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  [[nodiscard]] virtual const std::string& remote() const = 0;  // "127.0.0.1:54321"
};

/// Threads: the connection's I/O loop. Must return quickly: other connections wait.
class ConnectionSink {
 public:
  virtual ~ConnectionSink() = default;
  /// Once, first. Keep the connection as long as you like; it outlives its socket.
  virtual void on_open(std::shared_ptr<Connection> connection) = 0;
  /// Valid UTF-8; the view ends with the call.
  [[nodiscard]] virtual Flow on_text(std::string_view text) = 0;
  [[nodiscard]] virtual Flow on_binary(std::span<const std::byte> bytes) = 0;
  /// After `Flow::wait` and `resume()`: what was held back can go in now. `wait` waits again.
  [[nodiscard]] virtual Flow on_resume() { return Flow::more; }
  /// After `SendResult::backpressure`: half of the soft limit is free again.
  virtual void on_writable() {}
  /// Once, last, after on_open; the sink is destroyed next.
  virtual void on_close(std::uint16_t code, std::string_view reason) = 0;
};

}  // namespace parley::transport
