// SPDX-License-Identifier: Apache-2.0
//
// The session object, items and their pieces as the server shows them.
// Only for .cpp files of this folder. Threads: any (pure).
#pragma once

#include "protocol/json_writer.h"
#include "protocol/realtime/dialect.h"
#include "protocol/realtime/item.h"
#include "protocol/realtime/kept_item.h"
#include "protocol/realtime/session_config.h"

namespace parley::protocol {

void write_session(JsonWriter& json, const SessionConfig& session);
/// `text` is JSON already.
void json_or_null(JsonWriter& json, std::string_view name, const std::optional<std::string>& text);
void write_include(JsonWriter& json, const SessionConfig& session);
void write_tools(JsonWriter& json, const std::vector<Tool>& tools);
void write_tool_choice(JsonWriter& json, const ToolChoice& choice);
void write_transcription(JsonWriter& json, const std::optional<Transcription>& transcription);
void write_noise_reduction(JsonWriter& json, const std::optional<NoiseReduction>& noise);
void write_turn_detection(JsonWriter& json, const SessionConfig& session);
void write_format(JsonWriter& json, const WireFormat& format);
void write_max_output_tokens(JsonWriter& json, std::int32_t tokens);
[[nodiscard]] std::string_view to_string(Modality modality) noexcept;

/// Under `key`, unless there are none.
void write_words(JsonWriter& json, const std::vector<WordInfo>& words,
                 std::string_view key = "words");

/// Audio bytes are only shown by `conversation.item.retrieved`.
enum class ItemAudio : std::uint8_t { leave_out, show };
void write_item(JsonWriter& json, const Item& item, ItemAudio audio, Dialect dialect);
/// What is kept of it: the same, and what clients are not told.
void write_kept_item(JsonWriter& json, const KeptItem& item);

}  // namespace parley::protocol
