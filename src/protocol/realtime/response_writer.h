// SPDX-License-Identifier: Apache-2.0
//
// The response object, and Parley's own additions to events.
// Only for .cpp files of this folder. Threads: any (pure).
#pragma once

#include "protocol/json_writer.h"
#include "protocol/realtime/server_event.h"

namespace parley::protocol {

void write_response(JsonWriter& json, const ResponseObject& response);
// The pieces that both dialects have.
void write_status(JsonWriter& json, const ResponseObject& response);
void write_output(JsonWriter& json, const ResponseObject& response, Dialect dialect);
void write_usage(JsonWriter& json, const std::optional<TokenUsage>& usage);
void write_metadata(JsonWriter& json, const std::optional<Metadata>& metadata);
/// One that is over, as it is kept: `output` has the ids of its items, `done_at` is Unix seconds.
void write_kept_response(JsonWriter& json, const ResponseObject& response, std::int64_t done_at);
/// Field `llm` of the object that is open.
void write_llm(JsonWriter& json, const LlmInfo& llm);
/// Field `timeline` of the object that is open; stages that did not happen are left out.
void write_timeline(JsonWriter& json, const TimelineInfo& timeline);

}  // namespace parley::protocol
