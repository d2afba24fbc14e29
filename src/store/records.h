// SPDX-License-Identifier: Apache-2.0
//
// What a store keeps, as plain records: ids, order keys, JSON text and samples. A store does not
// look into the JSON; whoever wrote it reads it again.
//
// Times are Unix seconds. Threads: value types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace parley::store {

/// Order keys of items lie within ±kPositionMax: a Redis score is a double and counts that far.
inline constexpr std::int64_t kPositionMax = std::int64_t{1} << 53;

struct Item {
  std::string id;             // of the item: unique in its conversation
  std::int64_t position = 0;  // items are in the order of their positions
  std::string json;
};

/// The sound of one part of an item: s16, mono.
struct Audio {
  std::string item_id;
  std::int32_t part = 0;
  std::int32_t rate = 0;  // Hz
  std::vector<std::int16_t> samples;
};

struct Response {
  std::string id;
  std::string json;
};

// What a session changes. The item of MoveItem and PutAudio is there.
struct PutItem {  // a new one, or what one has become
  Item item;
};
struct MoveItem {
  std::string item_id;
  std::int64_t position = 0;
};
struct PutAudio {  // instead of what the part had; no samples: none is kept
  Audio audio;
};
struct DropItem {  // with its audio; one that is not there is fine
  std::string item_id;
};
struct ClearItems {};  // all of them, before all are written again
struct PutResponse {
  Response response;
};
using Change = std::variant<PutItem, MoveItem, PutAudio, DropItem, ClearItems, PutResponse>;

/// Who may see it, and what is known of it as a whole.
struct Birth {
  std::string owner;  // empty where the server asks for no keys
  std::string model;
  std::string metadata = "{}";  // a JSON object
};

/// Changes of one conversation: all of them are kept, or none.
struct Batch {
  std::string conversation;    // conv_…
  std::uint64_t epoch = 1;     // who writes: see ConversationStore::take
  std::int64_t at = 0;         // when
  std::optional<Birth> birth;  // makes the conversation, where it is not there yet
  std::vector<Change> changes;
};

/// Conversations of other owners are as if they were not there.
struct Key {
  std::string id;
  std::string owner;
};

struct Summary {
  std::string id;
  std::string model;
  std::string metadata;
  std::int64_t created = 0;
  std::int64_t updated = 0;
  std::int64_t items = 0;
};

struct Conversation {
  Summary summary;
  std::uint64_t epoch = 0;
  std::vector<Item> items;  // in their order
  std::vector<Response> responses;
  std::vector<Audio> audio;  // of `take` only
};

struct ListQuery {
  std::string owner;
  std::optional<std::string> after = {};  // those that are older than this one
  std::size_t limit = 20;
};

struct Page {
  std::vector<Summary> conversations;  // newest first
  bool has_more = false;
};

}  // namespace parley::store
