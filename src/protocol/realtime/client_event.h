// SPDX-License-Identifier: Apache-2.0
//
// What a client of the Realtime API says: one JSON text frame becomes one typed event, or one typed
// error. Everything that can be judged without the session's state is judged here: types, ranges,
// required and unknown fields, lengths, base64.
//
// Threads: any (pure). Allocates: yes; audio goes straight into a buffer of the pool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "media/buffer_pool.h"
#include "protocol/protocol_error.h"
#include "protocol/realtime/dialect.h"
#include "protocol/realtime/item.h"
#include "protocol/realtime/response_request.h"
#include "protocol/realtime/session_config.h"

namespace parley::protocol {

/// Audio of one `input_audio_buffer.append`, decoded.
inline constexpr std::size_t kAppendBytesMax = 15U << 20U;
/// Longest `event_id`, in bytes.
inline constexpr std::size_t kEventIdMax = 512;

// The larger ones are boxed, never null, so that an event stays small in a mailbox.
struct SessionUpdate {
  std::unique_ptr<SessionPatch> session;
};
struct InputAudioBufferAppend {
  media::BufferRef audio;  // may be empty; may end within a sample
};
struct InputAudioBufferCommit {};
struct InputAudioBufferClear {};
struct ConversationItemCreate {
  std::unique_ptr<Item> item;
  std::optional<std::string> previous_item_id;  // absent: at the end; "root": first
};
struct ConversationItemRetrieve {
  std::string item_id;
};
struct ConversationItemTruncate {
  std::string item_id;
  std::int64_t content_index = 0;  // >= 0
  std::int64_t audio_end_ms = 0;   // >= 0
};
struct ConversationItemDelete {
  std::string item_id;
};
struct ResponseCreate {
  std::unique_ptr<ResponseRequest> response;
};
struct ResponseCancel {
  std::optional<std::string> response_id;
};
struct OutputAudioBufferClear {};  // only where the server plays out: WebRTC

using ClientPayload =
    std::variant<SessionUpdate, InputAudioBufferAppend, InputAudioBufferCommit,
                 InputAudioBufferClear, ConversationItemCreate, ConversationItemRetrieve,
                 ConversationItemTruncate, ConversationItemDelete, ResponseCreate, ResponseCancel,
                 OutputAudioBufferClear>;

struct ClientEvent {
  std::optional<std::string> event_id;
  ClientPayload payload;
};

/// A bad frame goes the same way as a good one, so that answers keep the order of the questions.
using ParsedEvent = std::variant<ClientEvent, ProtocolError>;

struct ParseOptions {
  bool server_plays_out = false;  // WebRTC: `output_audio_buffer.clear` exists
  Dialect dialect = Dialect::ga;
};

[[nodiscard]] ParsedEvent parse_client_event(std::string_view json, media::BufferPool& buffers,
                                             const ParseOptions& options = {});

/// The error for a binary frame.
[[nodiscard]] ProtocolError binary_frame_error();

}  // namespace parley::protocol
