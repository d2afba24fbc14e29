// SPDX-License-Identifier: Apache-2.0
//
// The two objects that the beta dialect lays out flat.
// Only for .cpp files of protocol/realtime. Threads: any (pure).
#pragma once

#include "protocol/json_writer.h"
#include "protocol/realtime/server_event.h"

namespace parley::protocol {

void write_beta_session(JsonWriter& json, const SessionConfig& session);
/// Its fields, into the object that is open: `POST /v1/realtime/sessions` adds its own.
void write_beta_session_fields(JsonWriter& json, const SessionConfig& session);
void write_beta_response(JsonWriter& json, const ResponseObject& response);

}  // namespace parley::protocol
