// SPDX-License-Identifier: Apache-2.0
//
// What a program on the client's side reads of a server event: enough to hold a conversation and to
// time it. The server itself only writes events (server_event.h).
//
//   Result<ReceivedEvent> event = read_server_event(frame);
//   if (event && event->type == "response.done") use(event->response);
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/realtime/server_event.h"

namespace parley::protocol {

struct ReceivedEvent {
  /// Of response.created and response.done.
  struct Response {
    std::string status;  // "completed", "cancelled", …
    std::string reason;  // of its status_details, or the message of its error
    std::int64_t input_text_tokens = 0;
    std::int64_t output_tokens = 0;
    TimelineInfo timeline;  // response.done of a Parley server
  };

  std::string type;
  std::string item_id;
  std::string response_id;       // of every response.* event
  std::string text;              // `delta` of texts, `transcript` of whole ones
  std::vector<std::byte> audio;  // response.output_audio.delta
  std::string error;             // error, …failed: the message
  Response response;
  std::optional<LlmInfo> llm;  // session.created and response.done of a Parley server
};

/// Absent fields stay empty: a client must bear events that it does not know. Errors: data_corrupt
/// (no JSON object with a `type`, or audio that is not base64).
[[nodiscard]] Result<ReceivedEvent> read_server_event(std::string_view json);

}  // namespace parley::protocol
