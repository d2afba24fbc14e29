// SPDX-License-Identifier: Apache-2.0
//
// The standard of LiveKit's token endpoints: who wants into which room, and what he is given.
//
//   POST {"room_name":"kitchen","participant_name":"Ann",
//         "room_config":{"agents":[{"agent_name":"parley","metadata":"translator"}]}}
//   201  {"server_url":"wss://…","participant_token":"eyJ…", …}
//
// All of a request's fields may be absent, and be written in camelCase, as protobuf's JSON may be;
// fields that nobody knows are passed over. Threads: any (pure).
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/protocol_error.h"
#include "protocol/room/access_token.h"

namespace parley::protocol {

/// Of a name and an identity, of each text else; longer is an error.
inline constexpr std::size_t kTokenNameBytesMax = 256;
inline constexpr std::size_t kTokenTextBytesMax = 16U << 10U;
/// Attributes of a participant, and agents of a room; more are an error.
inline constexpr std::size_t kTokenAttributesMax = 32;
inline constexpr std::size_t kTokenAgentsMax = 16;

struct TokenRequest {
  std::string room;      // empty: whoever answers chooses
  std::string name;      // to be shown
  std::string identity;  // empty: whoever answers chooses
  std::string metadata;
  std::map<std::string, std::string> attributes;
  std::vector<RoomAgent> agents;
};
/// An empty body is a request, too.
[[nodiscard]] std::variant<TokenRequest, ProtocolError> parse_token_request(std::string_view body);

struct TokenAnswer {
  std::string server_url;
  std::string token;
  std::string room;
  std::string name;
  std::string identity;
};
/// In both spellings: the standard's, and that of LiveKit's older starters.
[[nodiscard]] std::string token_answer_json(const TokenAnswer& answer);

}  // namespace parley::protocol
