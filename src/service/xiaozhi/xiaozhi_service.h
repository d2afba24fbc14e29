// SPDX-License-Identifier: Apache-2.0
//
// Opens sessions of devices. One per process; outlives its sessions. Threads: any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/agent_settings.h"
#include "agent/voice_agent.h"
#include "base/result.h"
#include "exec/runnable.h"
#include "service/realtime/allowance.h"
#include "service/realtime/price.h"
#include "service/xiaozhi/xiaozhi_link.h"
#include "service/xiaozhi/xiaozhi_session.h"

namespace parley::service {

struct XiaozhiOptions {
  agent::AgentSettings defaults;           // of every session; formats and turns follow the device
  std::size_t sessions_max = 1000;         // at once; further ones are refused
  std::chrono::seconds session_max{3600};  // then the socket is closed
  PriceTable prices = {};                  // what keys pay
  std::uint64_t seed = 0;                  // sessions draw their seeds from it, in order
};

/// What the connection knows before the hello.
struct XiaozhiRequest {
  std::string device;                         // Device-Id: its MAC address; for the log
  std::shared_ptr<Allowance> allowance = {};  // of the key; null: no limits
  std::string owner = {};                     // whose enrolled speakers are known
  std::optional<bool> enrolled_only = {};     // who is answered, if not as the defaults say
};

class XiaozhiService {
 public:
  /// `context` and `executor` outlive it.
  XiaozhiService(const agent::AgentContext& context, exec::Executor& executor,
                 XiaozhiOptions options);
  ~XiaozhiService();

  /// Errors: resource_exhausted at `sessions_max`, unavailable while draining, what the agent says.
  Result<std::shared_ptr<XiaozhiSession>> open(XiaozhiRequest request,
                                               std::shared_ptr<XiaozhiLink> link);
  /// XiaozhiRequest::enrolled_only, in the words of speaker_gate.h. Errors: invalid_argument.
  [[nodiscard]] Result<bool> parse_gate(std::string_view wanted) const;
  /// Sessions that are open.
  [[nodiscard]] std::size_t sessions() const noexcept;
  /// Where packets are put on their way in.
  [[nodiscard]] media::BufferPool& buffers() const noexcept;
  /// No more sessions; those that are there end as soon as nobody speaks.
  void drain();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::service
