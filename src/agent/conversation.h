// SPDX-License-Identifier: Apache-2.0
//
// What has been said: a linear list of items, in the vocabulary of the Realtime API.
//
// An item enters once, may be changed while it is in progress, and can be deleted or (assistant
// audio) truncated. Item audio is kept as s16 for `retrieve`; it is never part of an event.
// Threads: strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "media/media_time.h"
#include "media/word_time.h"

namespace parley::agent {

/// Audio kept with an item: s16, mono.
struct StoredAudio {
  int rate = 24'000;  // Hz
  std::vector<std::int16_t> samples;
  std::int64_t absent = 0;  // further samples that were heard, but are not here
  [[nodiscard]] media::MediaTime duration() const {
    return media::MediaTime::from_samples(static_cast<std::int64_t>(samples.size()) + absent, rate);
  }
};

/// A clause of a spoken reply and where its audio ends, counted from the start of the part: tells
/// which words were heard when the part's audio was cut.
struct SpokenClause {
  std::string text;
  media::MediaTime begin;
  media::MediaTime end;
  std::vector<media::WordTime> words{};  // from the start of the part; empty: not known
};

struct ContentPart {
  enum class Kind : std::uint8_t {
    input_text,
    input_audio,
    input_image,
    output_text,
    output_audio
  };
  Kind kind = Kind::input_text;
  std::string text;             // text parts: the text; audio parts: the transcript; image: its URL
  bool has_transcript = false;  // audio parts: the transcript is known (it may be empty)
  StoredAudio audio{};          // audio parts
  std::vector<SpokenClause> clauses{};   // output_audio
  bool is_silence = false;               // input_audio: nobody spoke, and nothing is recognised
  std::vector<media::WordTime> words{};  // input_audio: from the start of its audio
  std::string detail{};                  // image: how closely to look, or empty
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
  enum class Moderation : std::uint8_t {
    unchecked,
    passed,
    refused
  };  // refused: no model reads it

  std::string id;
  Type type = Type::message;
  Role role = Role::user;  // messages
  Status status = Status::completed;
  std::vector<ContentPart> content;  // messages
  std::string name;                  // function_call, mcp_call, mcp_approval_request
  std::string call_id;               // function_call, function_call_output
  std::string arguments;             // likewise: JSON text
  std::string output;                // function_call_output
  Moderation moderation = Moderation::unchecked;
  std::shared_ptr<const McpFields> mcp{};  // the four mcp_ types, and only they
  std::uint64_t serial = 0;                // from Conversation::next_serial; never used again
  bool is_loaded = false;                  // from an earlier session of the same conversation
};

class Conversation {
 public:
  /// Where a new item goes.
  struct Position {
    enum class Kind : std::uint8_t { end, front, after };
    Kind kind = Kind::end;
    std::string after_id{};  // Kind::after: must exist
  };

  /// The id must be new. Returns the stored item; it stays valid until erased.
  Item& insert(Item item, const Position& position);
  /// For an item that is kept elsewhere: no item of the conversation ever has it.
  [[nodiscard]] std::uint64_t next_serial() { return ++last_serial_; }
  /// At the end.
  Item& insert(Item item) { return insert(std::move(item), Position{}); }
  [[nodiscard]] Item* find(std::string_view id);
  [[nodiscard]] const Item* find(std::string_view id) const;
  /// Likewise, but not another item to which a client gave the id of one that it deleted.
  [[nodiscard]] Item* find(std::string_view id, std::uint64_t serial);
  /// The item just before `id`; empty for the first (and for unknown ids).
  [[nodiscard]] std::string previous_id(std::string_view id) const;
  /// False when there is no such item.
  bool erase(std::string_view id);
  /// Keeps the first `end` of an assistant audio part and drops its transcript.
  void truncate(Item& item, std::size_t content_index, media::MediaTime end);

  [[nodiscard]] const std::list<Item>& items() const { return items_; }
  [[nodiscard]] std::string last_id() const { return items_.empty() ? "" : items_.back().id; }
  [[nodiscard]] const Item* find_call(std::string_view call_id) const;
  /// Of this session.
  [[nodiscard]] bool has_assistant_audio() const;

 private:
  std::list<Item> items_;
  std::uint64_t last_serial_ = 0;
};

}  // namespace parley::agent
