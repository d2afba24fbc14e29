// SPDX-License-Identifier: Apache-2.0
//
// One session's settings twice: as the client sees them (the session object) and as the agent reads
// them. Changed only by `apply`. Threads: strand.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "agent/agent_settings.h"
#include "protocol/realtime/session_config.h"

namespace parley::service {

class SessionSettings {
 public:
  struct Start {
    std::string id;     // sess_…
    std::string model;  // echoed
    std::optional<std::string> voice = {};
    protocol::SessionType type = protocol::SessionType::realtime;
    std::int64_t expires_at = 0;  // Unix seconds
  };

  SessionSettings(const agent::AgentSettings& defaults, Start start);

  /// The agent keeps a reference to it.
  [[nodiscard]] const agent::AgentSettings& agent() const { return agent_; }
  [[nodiscard]] const protocol::SessionConfig& config() const { return config_; }
  /// A picture for an event: shared, because it is read on the I/O loop and never changes.
  [[nodiscard]] std::shared_ptr<const protocol::SessionConfig> snapshot() const;

  /// `state` without its turn_default. Nothing changes when an error comes back.
  [[nodiscard]] std::optional<protocol::ProtocolError> apply(const protocol::SessionPatch& patch,
                                                             protocol::SessionState state);

 private:
  void write_agent();
  /// Words are told while they are spoken, and not only when they were.
  [[nodiscard]] bool tells_early() const;

  protocol::TurnDetection turn_default_;
  protocol::SessionConfig config_;
  agent::AgentSettings agent_;
};

}  // namespace parley::service
