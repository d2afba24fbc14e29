// SPDX-License-Identifier: Apache-2.0
//
// Opens sessions of telephone calls. One per process; outlives its sessions. Threads: any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "agent/agent_settings.h"
#include "agent/voice_agent.h"
#include "base/result.h"
#include "exec/runnable.h"
#include "service/realtime/allowance.h"
#include "service/realtime/price.h"
#include "service/twilio/call_link.h"
#include "service/twilio/call_session.h"

namespace parley::service {

struct CallOptions {
  agent::AgentSettings defaults;    // of every call; formats and turns are a telephone's
  std::string greeting;             // said when a call begins; empty: the caller speaks first
  std::size_t sessions_max = 1000;  // at once; further ones are refused
  std::chrono::seconds session_max{3600};  // then the call is closed
  PriceTable prices = {};                  // what keys pay
  std::uint64_t seed = 0;                  // sessions draw their seeds from it, in order
};

/// What the connection knows before the call's first message.
struct CallRequest {
  std::shared_ptr<Allowance> allowance = {};  // of the key; null: no limits
  std::string owner = {};                     // whose enrolled speakers are known
};

class CallService {
 public:
  /// `context` and `executor` outlive it.
  CallService(const agent::AgentContext& context, exec::Executor& executor, CallOptions options);
  ~CallService();

  /// Errors: resource_exhausted at `sessions_max`, unavailable while draining, what the agent says.
  Result<std::shared_ptr<CallSession>> open(CallRequest request, std::shared_ptr<CallLink> link);
  /// Calls that are open.
  [[nodiscard]] std::size_t sessions() const noexcept;
  /// No more calls; those that are there end as soon as nobody speaks.
  void drain();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::service
