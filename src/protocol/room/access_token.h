// SPDX-License-Identifier: Apache-2.0
//
// LiveKit's access tokens: JWTs (RFC 7519) signed with HS256 by the secret of an API key, whose
// claims say who somebody is, in which room, and what he may do there.
//
//   AccessToken token{.key = "devkey", .identity = "ann", .expires_at = now + 3600};
//   token.video = {.room = "kitchen", .can_join = true};
//   std::string jwt = mint_access_token(token, secret);
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace parley::protocol {

/// A longer one is none.
inline constexpr std::size_t kAccessTokenBytesMax = 64U << 10U;
/// Clocks differ: so much of it is forgiven, in seconds, as LiveKit does.
inline constexpr std::int64_t kAccessTokenLeeway = 60;

/// What may be done; "video" among the claims. What is absent of the `can_…` is allowed.
struct VideoGrant {
  std::string room{};       // the only one; empty: any
  bool can_join = false;    // roomJoin
  bool can_create = false;  // roomCreate
  bool can_list = false;    // roomList
  bool is_admin = false;    // roomAdmin: of `room`
  bool is_worker = false;   // agent: may register as an agent worker
  bool is_hidden = false;   // the others in the room do not see him
  std::optional<bool> can_publish{};
  std::optional<bool> can_subscribe{};
  std::optional<bool> can_publish_data{};
  std::optional<bool> can_update_own_metadata{};
};

/// An agent that is sent for when the room comes into being; "roomConfig" among the claims.
struct RoomAgent {
  std::string agent_name;
  std::string metadata;
};

struct AccessToken {
  std::string key;              // iss: the API key whose secret signs
  std::string identity;         // sub
  std::int64_t expires_at = 0;  // seconds since 1970
  std::int64_t not_before = 0;  // 0: not said
  std::string name{};
  std::string kind{};  // "agent", …; empty: standard
  std::string metadata{};
  std::map<std::string, std::string> attributes{};
  VideoGrant video{};
  std::vector<RoomAgent> agents{};
};

[[nodiscard]] std::string mint_access_token(const AccessToken& token, std::string_view secret);

/// The token, if `secret` signed it and it is valid at `now`. Errors: data_corrupt (no such token),
/// permission_denied (the signature, the algorithm, the time).
[[nodiscard]] Result<AccessToken> verify_access_token(std::string_view jwt, std::string_view secret,
                                                      std::int64_t now);

}  // namespace parley::protocol
