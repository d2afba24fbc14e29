// SPDX-License-Identifier: Apache-2.0
//
// One WebSocket that speaks. Frames come in on the connection's I/O loop and are answered on a
// strand of the socket's own, which alone touches what its talk knows; audio goes out from the
// strands of the streams, straight into the connection.
//
// A talk that cannot keep up fills the mailbox; then the socket is not read until there is room.
//
// Threads: as a ConnectionSink (the I/O loop); SocketTalk on the strand.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "exec/mailbox.h"
#include "exec/strand.h"
#include "server/session_gate.h"
#include "server/speech/open_sockets.h"
#include "transport/connection.h"

namespace parley::server {

/// Frames that wait for the strand. Policy when full: the socket is not read.
inline constexpr std::size_t kSocketFramesWaitingMax = 64;
/// Bytes that they may have, beyond the first of them. Policy: the same.
inline constexpr std::size_t kSocketFrameBytesWaitingMax = 1U << 20U;
/// Of one frame. A larger one closes with 1009.
inline constexpr std::size_t kSocketFrameBytesMax = 4U << 20U;

/// What a socket says, and to whom.
struct SocketLine {
  std::shared_ptr<transport::Connection> connection;  // shared: streams send through it, too
  exec::Waker waker;                                  // calls on_wake
};

/// Threads: the socket's strand.
class SocketTalk {
 public:
  virtual ~SocketTalk() = default;
  /// Once, first.
  virtual void begin(SocketLine line) = 0;
  virtual void on_text(std::string_view frame) = 0;
  virtual void on_binary() = 0;
  /// Somebody woke the strand: a stream has news, a timer has fired, the server drains.
  virtual void on_wake() = 0;
  /// After a send said `backpressure`: there is room again.
  virtual void on_writable() = 0;
};

class SpeechSocket final : public transport::ConnectionSink, private exec::StrandBody {
 public:
  /// All but `talk` outlive it.
  SpeechSocket(std::unique_ptr<SocketTalk> talk, exec::Executor& executor, const Clock& clock,
               OpenSockets& sockets, SessionGate& gate);
  ~SpeechSocket() override;

  void on_open(std::shared_ptr<transport::Connection> connection) override;
  transport::Flow on_text(std::string_view text) override;
  transport::Flow on_binary(std::span<const std::byte> bytes) override;
  transport::Flow on_resume() override;
  void on_writable() override;
  void on_close(std::uint16_t code, std::string_view reason) override;

 private:
  /// Nothing: a binary one.
  using Frame = std::optional<std::string>;

  bool run_slice() noexcept override;
  void hear(const Frame& frame);
  transport::Flow push(Frame frame);
  [[nodiscard]] bool has_room(std::size_t bytes) const;
  void give_room();

  const SessionGate::Pass pass_;  // first: given back when the socket is gone
  const Clock& clock_;
  OpenSockets& sockets_;
  const std::shared_ptr<exec::Strand> strand_;
  exec::Mailbox<Frame> mailbox_;
  // I/O loop; the strand reads the connection once it has been woken.
  std::shared_ptr<transport::Connection> connection_;
  std::optional<Frame> held_;  // there was no room for it
  std::optional<OpenSockets::Place> place_;
  // Between the two.
  std::atomic<std::size_t> bytes_waiting_{0};
  std::atomic<bool> wants_room_{false};
  std::atomic<bool> is_writable_{false};
  // Strand.
  bool has_begun_ = false;
  std::unique_ptr<SocketTalk> talk_;
};

}  // namespace parley::server
