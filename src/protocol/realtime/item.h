// SPDX-License-Identifier: Apache-2.0
//
// A conversation item as it looks on the wire, both ways. Threads: value type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "media/buffer_pool.h"

namespace parley::protocol {

/// Longest `item.id` and `call_id` in bytes; characters [A-Za-z0-9_-].
inline constexpr std::size_t kIdBytesMax = 32;

/// An extension: when a word is heard, from the start of its part's audio.
struct WordInfo {
  std::string text;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
};

struct ItemContent {
  enum class Kind : std::uint8_t {
    input_text,
    input_audio,
    input_image,
    output_text,
    output_audio
  };
  Kind kind = Kind::input_text;
  std::string text;             // text parts: the text; audio parts: the transcript; image: its URL
  bool has_transcript = false;  // audio parts: false shows `transcript: null` (input) or no key
  std::string detail{};         // image: "auto", "low", "high", or empty: not said
  std::vector<WordInfo> words{};  // of `retrieved`; empty shows no key
  media::BufferRef audio;  // audio parts of `create` and `retrieved`: bytes of the wire format
};

/// What the items of MCP servers have beside `name` and `arguments`. JSON is kept as text.
struct McpFields {
  std::string server_label{};           // mcp_list_tools, mcp_call, mcp_approval_request
  std::string tools{};                  // mcp_list_tools: JSON array
  std::optional<std::string> output{};  // mcp_call
  std::optional<std::string> error{};   // mcp_call, mcp_list_tools: JSON object
  std::string approval_request_id{};    // mcp_approval_response; mcp_call, when it was asked for
  bool approve = false;                 // mcp_approval_response
  std::optional<std::string> reason{};  // mcp_approval_response
};

struct Item {
  enum class Type : std::uint8_t {
    message,
    function_call,
    function_call_output,
    mcp_list_tools,
    mcp_call,
    mcp_approval_request,
    mcp_approval_response
  };
  enum class Role : std::uint8_t { system, user, assistant };
  enum class Status : std::uint8_t { in_progress, completed, incomplete };

  std::string id;  // from a client: may be empty, then the server makes one
  Type type = Type::message;
  Role role = Role::user;  // messages
  Status status = Status::completed;
  std::vector<ItemContent> content;        // messages
  std::string name;                        // function_call, mcp_call, mcp_approval_request
  std::string call_id;                     // function_call, function_call_output
  std::string arguments;                   // likewise: JSON text
  std::string output;                      // function_call_output
  std::shared_ptr<const McpFields> mcp{};  // the four mcp_ types, and only they
};

/// An entry of `response.create.response.input` that names an item of the conversation.
struct ItemReference {
  std::string id;
};

using InputItem = std::variant<Item, ItemReference>;

}  // namespace parley::protocol
