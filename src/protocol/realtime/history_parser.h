// SPDX-License-Identifier: Apache-2.0
//
// A history that a program brings along, as `POST /v1/conversations` takes it: `messages` in the
// shape of chat completions, or `items` in that of the Realtime API.
// Threads: any (pure).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "media/buffer_pool.h"
#include "protocol/protocol_error.h"
#include "protocol/realtime/item.h"

namespace parley::protocol {

/// Further items are an error: a request's body has its own limit, too.
inline constexpr std::size_t kHistoryItemsMax = 10'000;

struct History {
  std::vector<Item> items;      // each with an id; calls with one that a session takes
  std::string metadata = "{}";  // a JSON object
  std::string model;            // may be empty
};

/// `make_id(prefix)` makes ids for what has none, or one that the Realtime API does not take (tool
/// call ids of other servers: calls and results keep belonging together).
[[nodiscard]] std::variant<History, ProtocolError> parse_history(
    std::string_view body, media::BufferPool& buffers,
    const std::function<std::string(std::string_view prefix)>& make_id);

}  // namespace parley::protocol
