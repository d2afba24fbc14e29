// SPDX-License-Identifier: Apache-2.0
//
// Opens Realtime sessions. One per process; outlives its sessions.
// Threads: any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "agent/agent_settings.h"
#include "agent/voice_agent.h"
#include "base/result.h"
#include "exec/runnable.h"
#include "service/realtime/allowance.h"
#include "service/realtime/client_link.h"
#include "service/realtime/conversation_log.h"
#include "service/realtime/price.h"
#include "service/realtime/realtime_session.h"
#include "service/realtime/session_observer.h"
#include "service/speakers/speaker_match.h"

namespace parley::service {

struct RealtimeOptions {
  agent::AgentSettings defaults;                // of every session, until its client changes them
  std::size_t sessions_max = 1000;              // at once; further ones are refused
  std::chrono::seconds session_max{3600};       // then `session_expired` and close
  PriceTable prices = {};                       // of tokens; nothing costs anything unless set
  double budget = 0.0;                          // of a session, in the prices' currency; 0: none
  SessionObserver* observer = nullptr;          // outlives the service; null: nobody listens
  std::uint64_t seed = 0;                       // sessions draw their seeds from it, in order
  Keeping keeping = {};                         // of conversations; outlives the service
  float speaker_score_min = kSameSpeakerScore;  // two voices of a session count as one
};

/// What the connection knows before the first event.
struct SessionRequest {
  std::string model;  // any; echoed
  std::optional<std::string> voice = {};
  protocol::SessionType type = protocol::SessionType::realtime;  // ?intent=transcription
  std::unique_ptr<protocol::SessionPatch> session = {};          // of a client secret; may be null
  std::string owner = {};                                        // whose its conversation is
  std::string conversation = {};              // conv_… to go on with; empty: a new one
  std::string key = {};                       // its name, for observers
  std::optional<double> budget = {};          // the key's own
  std::shared_ptr<Allowance> allowance = {};  // of the key; null: no limits
};

class RealtimeService {
 public:
  RealtimeService(const agent::AgentContext& context, exec::Executor& executor,
                  RealtimeOptions options);
  ~RealtimeService();

  /// Starts a session; `session.created` is the first event that `link` gets, soon after.
  /// Errors: resource_exhausted at `sessions_max`, unavailable while draining, what the agent says.
  Result<std::shared_ptr<RealtimeSession>> open(SessionRequest request,
                                                std::shared_ptr<ClientLink> link);
  /// What a session that began with this would be, or why there can be none: no id of its own is
  /// spent, and its `expires_at` is 0.
  [[nodiscard]] std::variant<protocol::SessionConfig, protocol::ProtocolError> preview(
      const protocol::SessionPatch& patch) const;
  /// Sessions that are open.
  [[nodiscard]] std::size_t sessions() const noexcept;
  /// No more sessions; those that are there end by themselves as soon as they are idle.
  void drain();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::service
