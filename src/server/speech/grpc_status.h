// SPDX-License-Identifier: Apache-2.0
//
// What went wrong, as gRPC's clients are told: a code, a sentence, and in the metadata after it the
// `field` at fault and the seconds to wait (`retry-after`). Threads: any (pure).
#pragma once

#include <cstdint>

#include "base/result.h"
#include "protocol/protocol_error.h"
#include "server/key_limits.h"
#include "transport/grpc/grpc_call.h"

namespace parley::server {

/// `retry_seconds` is told where trying again may help.
[[nodiscard]] transport::GrpcStatus grpc_status(const Error& error, std::int64_t retry_seconds);
[[nodiscard]] transport::GrpcStatus grpc_status(const protocol::ProtocolError& error);
/// A limit of the key is reached.
[[nodiscard]] transport::GrpcStatus grpc_status(const KeyAccount::Refusal& refusal);
/// While the server starts or shuts down.
[[nodiscard]] transport::GrpcStatus grpc_unavailable(std::string_view why);

}  // namespace parley::server
