// SPDX-License-Identifier: Apache-2.0
//
// A call on gRPC's callback interface. Private to src/transport/grpc: it shows gRPC's types.
//
// Threads: start_call gRPC's own.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "transport/grpc/grpc_call.h"
#include "transport/grpc/grpc_core.h"

namespace parley::transport {

using GrpcReactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

/// What `context` tells of the caller, and the id that the answer will have.
[[nodiscard]] GrpcRequest request_of(grpc::CallbackServerContext& context);
/// Serves a call, which has entered `core`, as its handler decided. It owns itself until gRPC is
/// done with it, and then leaves.
[[nodiscard]] GrpcReactor* start_call(GrpcCore& core, grpc::CallbackServerContext& context,
                                      GrpcDecision decision);

}  // namespace parley::transport
