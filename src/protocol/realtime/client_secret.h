// SPDX-License-Identifier: Apache-2.0
//
// Client secrets: what a backend asks for on behalf of a browser, and what it is told
// (openai-realtime reference, §1.2), in GA's form and in the beta's two.
//
// Threads: any (pure).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/protocol_error.h"
#include "protocol/realtime/dialect.h"
#include "protocol/realtime/session_config.h"

namespace parley::protocol {

inline constexpr std::chrono::seconds kSecretLifeMin{10};
inline constexpr std::chrono::seconds kSecretLifeMax{7200};
inline constexpr std::chrono::seconds kSecretLifeDefault{600};
/// Of the beta's, unless it asks for another.
inline constexpr std::chrono::seconds kBetaSecretLife{60};

struct ClientSecretRequest {
  SessionPatch session;
  std::chrono::seconds life = kSecretLifeDefault;
};

/// `type` matters to the beta, which has a path for each; GA says it in the session.
[[nodiscard]] std::variant<ClientSecretRequest, ProtocolError> parse_client_secret_request(
    std::string_view json, Dialect dialect, SessionType type);

struct ClientSecretShown {
  std::string value;            // ek_…
  std::int64_t expires_at = 0;  // Unix seconds
};

[[nodiscard]] std::string client_secret_json(const ClientSecretShown& secret,
                                             const SessionConfig& session, Dialect dialect);

}  // namespace parley::protocol
