// SPDX-License-Identifier: Apache-2.0
//
// An item as it is kept between sessions: the JSON that clients see, and in each part of sound what
// only the server knows of it: how long it was, which of its words were heard, and when. Whoever
// reads it passes over keys that it does not know, so that an older Parley reads what a newer one
// wrote.
// Threads: value types; functions are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/realtime/item.h"
#include "protocol/realtime/server_event.h"

namespace parley::protocol {

/// Of one part of an item; empty for parts without sound.
struct KeptSound {
  int rate = 0;                      // Hz
  std::int64_t samples = 0;          // how many there were; the sound itself is kept elsewhere
  std::vector<WordInfo> clauses;     // several words each
  std::optional<std::string> heard;  // replies: the words whose sound was sent and not cut off
  bool is_silence = false;           // the user's: nobody spoke
};

struct KeptItem {
  Item item;                      // without audio bytes, with the times of words
  std::vector<KeptSound> sounds;  // one for each part
  std::string moderation = {};    // of a user's words that were checked: "passed" or "refused"
};

[[nodiscard]] std::string to_json(const KeptItem& item);
/// Errors: data_corrupt.
[[nodiscard]] Result<KeptItem> read_kept_item(std::string_view json);

/// A response that is over: which items it made, how it ended, what it used. `at`: Unix seconds.
[[nodiscard]] std::string kept_response_json(const ResponseObject& response, std::int64_t at);
/// Adds what the response used. Errors: data_corrupt.
[[nodiscard]] Status add_usage(std::string_view kept_response, TokenUsage& total);

/// A line of a plain transcript, "user: Hello.", or nothing where nothing was said.
[[nodiscard]] std::string transcript_line(const KeptItem& item);

}  // namespace parley::protocol
