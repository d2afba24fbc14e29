// SPDX-License-Identifier: Apache-2.0
//
// A conversation item as it looks on the wire, both ways. Threads: value type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "media/buffer_pool.h"

namespace parley::protocol {

/// Longest `item.id` and `call_id` in bytes; characters [A-Za-z0-9_-].
inline constexpr std::size_t kIdBytesMax = 32;

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
  media::BufferRef audio;       // audio parts of `create` and `retrieved`: bytes of the wire format
};

struct Item {
  enum class Type : std::uint8_t { message, function_call, function_call_output };
  enum class Role : std::uint8_t { system, user, assistant };
  enum class Status : std::uint8_t { in_progress, completed, incomplete };

  std::string id;  // from a client: may be empty, then the server makes one
  Type type = Type::message;
  Role role = Role::user;  // messages
  Status status = Status::completed;
  std::vector<ItemContent> content;  // messages
  std::string name;                  // function_call
  std::string call_id;               // function_call, function_call_output
  std::string arguments;             // function_call: JSON text
  std::string output;                // function_call_output
};

/// An entry of `response.create.response.input` that names an item of the conversation.
struct ItemReference {
  std::string id;
};

using InputItem = std::variant<Item, ItemReference>;

}  // namespace parley::protocol
