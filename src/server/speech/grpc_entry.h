// SPDX-License-Identifier: Apache-2.0
//
// Who may call what the gRPC port serves, and whose limits a call draws on: the same for speech and
// recognition. A key is shown as `authorization: Bearer KEY` or `x-api-key: KEY`.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/protocol_error.h"
#include "server/address_limits.h"
#include "server/api_keys.h"
#include "server/key_limits.h"
#include "transport/grpc/grpc_call.h"

namespace parley::server {

struct GrpcVisitor {
  std::optional<std::size_t> key;  // which of all; nothing where none is asked for
  std::string owner;               // whose things it sees; as ApiKeys::owner_of
  std::string id;                  // of the request, in logs: req_…
};
/// Who calls; or how the call ends, because its address asks too often or it shows no key.
[[nodiscard]] std::variant<GrpcVisitor, transport::GrpcStatus> grpc_visitor(
    const ApiKeys& keys, AddressLimits& addresses, const transport::GrpcRequest& request);

struct GrpcEntry {
  std::size_t index = 0;                // of the account
  std::shared_ptr<KeyAccount> account;  // shared with the server's own list
  /// A place among the key's sessions, given back with this; null without limits.
  std::shared_ptr<service::Allowance> allowance;
};
/// A session and a request of the key's; or how the call ends, because it has used them up.
[[nodiscard]] std::variant<GrpcEntry, transport::GrpcStatus> grpc_enter(const KeyAccounts& accounts,
                                                                        const GrpcVisitor& visitor);

/// A call that has one request and is answered at once.
using GrpcAnswer =
    std::function<std::variant<std::string, protocol::ProtocolError>(std::string_view)>;
[[nodiscard]] std::unique_ptr<transport::GrpcSink> grpc_answer(GrpcAnswer answer);

}  // namespace parley::server
