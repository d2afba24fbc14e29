// SPDX-License-Identifier: Apache-2.0
//
// One device's socket, from its hello to its end: takes typed messages and packets through one
// mailbox, drives a VoiceAgent, answers with typed messages through a XiaozhiLink. What is said
// when is in xiaozhi_core.h.
//
// When the mailbox is full, `push` says so and keeps nothing: the connection stops reading its
// socket and offers the event again after XiaozhiLink::resume().
//
// Threads: `push` one producer (the connection's I/O loop); `finish`, `id` any; `close` any, but
// not from inside a XiaozhiLink call. Everything else runs on the session's strand, without locks.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <variant>

#include "media/buffer_pool.h"
#include "protocol/xiaozhi/device_message.h"
#include "service/realtime/realtime_session.h"

namespace parley::service {

/// Messages and packets that wait for the strand. Policy when full: refuse, the connection waits.
inline constexpr std::size_t kXiaozhiEventsWaitingMax = 256;

struct DevicePacket {
  media::BufferRef opus;
};
/// What could not be read, and why.
struct DeviceNoise {
  std::string why;
};
using DeviceEvent = std::variant<protocol::DeviceMessage, DevicePacket, DeviceNoise>;

class XiaozhiCore;

class XiaozhiSession {
 public:
  explicit XiaozhiSession(std::unique_ptr<XiaozhiCore> core);
  ~XiaozhiSession();
  XiaozhiSession(const XiaozhiSession&) = delete;
  XiaozhiSession& operator=(const XiaozhiSession&) = delete;

  [[nodiscard]] const std::string& id() const noexcept;  // sess_…
  /// On `full` the event is left as it was.
  [[nodiscard]] PushResult push(DeviceEvent&& event);
  /// Ends the session by its own hand as soon as nobody speaks: the link is closed with 1001.
  void finish();
  /// The device is gone: cancels model calls and frees everything. Idempotent.
  void close() noexcept;

 private:
  std::unique_ptr<XiaozhiCore> core_;
};

}  // namespace parley::service
