// SPDX-License-Identifier: Apache-2.0
#include <span>

#include "protocol/realtime/item_names.h"
#include "protocol/realtime/session_writer.h"

namespace parley::protocol {
namespace {

using Kind = ItemContent::Kind;

std::string_view name_in(Dialect dialect, Kind kind) {
  if (dialect == Dialect::beta && kind == Kind::output_text) return "text";
  if (dialect == Dialect::beta && kind == Kind::output_audio) return "audio";
  return name_of(kind, kContentKinds);
}

void write_transcript(JsonWriter& json, const ItemContent& part) {
  if (part.has_transcript) {
    json.field("transcript", part.text);
  } else if (part.kind == Kind::input_audio) {
    json.key("transcript").null();  // clients read the key; on assistant parts they reject null
  }
}

void write_sound(JsonWriter& json, const KeptSound& sound) {
  json.field("rate", sound.rate);
  json.field("samples", sound.samples);
  if (sound.heard) json.field("heard", *sound.heard);
  if (sound.is_silence) json.field("silence", true);
  write_words(json, sound.clauses, "clauses");
}

void write_part(JsonWriter& json, const ItemContent& part, ItemAudio audio, Dialect dialect,
                const KeptSound* sound) {
  json.begin_object();
  json.field("type", name_in(dialect, part.kind));
  switch (part.kind) {
    case Kind::input_text:
    case Kind::output_text:
      json.field("text", part.text);
      break;
    case Kind::input_image:
      json.field("image_url", part.text);
      if (!part.detail.empty()) json.field("detail", part.detail);
      break;
    case Kind::input_audio:
    case Kind::output_audio:
      write_transcript(json, part);
      write_words(json, part.words);
      if (audio == ItemAudio::show) json.key("audio").base64(part.audio.bytes());
      if (sound != nullptr) write_sound(json, *sound);
      break;
  }
  json.end_object();
}

void write_mcp_call(JsonWriter& json, const Item& item) {
  const McpFields& mcp = *item.mcp;
  json.field("server_label", mcp.server_label);
  json.field("name", item.name);
  json.field("arguments", item.arguments);
  if (mcp.output) json.field("output", *mcp.output);
  if (mcp.error) json.key("error").raw(*mcp.error);
  if (!mcp.approval_request_id.empty()) {
    json.field("approval_request_id", mcp.approval_request_id);
  }
}

/// These have no status: what is left out of a call has not come yet.
void write_mcp(JsonWriter& json, const Item& item) {
  const McpFields& mcp = *item.mcp;
  switch (item.type) {
    case Item::Type::mcp_list_tools:
      json.field("server_label", mcp.server_label);
      json.key("tools").raw(mcp.tools.empty() ? "[]" : mcp.tools);
      if (mcp.error) json.key("error").raw(*mcp.error);
      return;
    case Item::Type::mcp_approval_request:
      json.field("server_label", mcp.server_label);
      json.field("name", item.name);
      json.field("arguments", item.arguments);
      return;
    case Item::Type::mcp_approval_response:
      json.field("approval_request_id", mcp.approval_request_id);
      json.field("approve", mcp.approve);
      if (mcp.reason) json.field("reason", *mcp.reason);
      return;
    default:
      return write_mcp_call(json, item);
  }
}

/// `sounds` is empty, or has one for each part.
void write_any_item(JsonWriter& json, const Item& item, ItemAudio audio, Dialect dialect,
                    std::span<const KeptSound> sounds, std::string_view judged = {}) {
  json.begin_object();
  json.field("id", item.id);
  json.field("object", "realtime.item");
  json.field("type", name_of(item.type, kItemTypes));
  switch (item.type) {
    case Item::Type::message:
      json.field("status", name_of(item.status, kItemStatuses));
      json.field("role", name_of(item.role, kItemRoles));
      json.key("content").begin_array();
      for (std::size_t i = 0; i < item.content.size(); ++i) {
        write_part(json, item.content[i], audio, dialect, i < sounds.size() ? &sounds[i] : nullptr);
      }
      json.end_array();
      break;
    case Item::Type::function_call:
      json.field("status", name_of(item.status, kItemStatuses));
      json.field("name", item.name);
      json.field("call_id", item.call_id);
      json.field("arguments", item.arguments);
      break;
    case Item::Type::function_call_output:
      json.field("status", name_of(item.status, kItemStatuses));
      json.field("call_id", item.call_id);
      json.field("output", item.output);
      break;
    case Item::Type::mcp_list_tools:
    case Item::Type::mcp_call:
    case Item::Type::mcp_approval_request:
    case Item::Type::mcp_approval_response:
      write_mcp(json, item);
      break;
  }
  if (!judged.empty()) json.field("moderation", judged);
  json.end_object();
}

}  // namespace

void write_words(JsonWriter& json, const std::vector<WordInfo>& words, std::string_view key) {
  if (words.empty()) return;
  json.key(key).begin_array();
  for (const WordInfo& word : words) {
    json.begin_object();
    json.field("text", word.text);
    json.field("start_ms", word.start_ms);
    json.field("end_ms", word.end_ms);
    json.end_object();
  }
  json.end_array();
}

void write_item(JsonWriter& json, const Item& item, ItemAudio audio, Dialect dialect) {
  write_any_item(json, item, audio, dialect, {});
}

void write_kept_item(JsonWriter& json, const KeptItem& item) {
  write_any_item(json, item.item, ItemAudio::leave_out, Dialect::ga, item.sounds, item.moderation);
}

}  // namespace parley::protocol
