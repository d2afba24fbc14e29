// SPDX-License-Identifier: Apache-2.0
//
// Items as clients write them: `conversation.item.create` and the entries of a response's `input`.
// Only for .cpp files of this folder. Threads: any (pure).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "media/buffer_pool.h"
#include "protocol/json_reader.h"
#include "protocol/realtime/item.h"

namespace parley::protocol {

std::optional<Item> read_item(const json::value& value, std::string_view path,
                              media::BufferPool& buffers, Problems& problems);
std::optional<InputItem> read_input_item(const json::value& value, std::string_view path,
                                         media::BufferPool& buffers, Problems& problems);
/// Base64 into a buffer of the pool; at most kAppendBytesMax bytes.
std::optional<media::BufferRef> read_audio(const json::value& value, std::string_view path,
                                           media::BufferPool& buffers, Problems& problems);
/// Reports an id that is empty, longer than kIdBytesMax or has other characters than [A-Za-z0-9_-].
void check_id(std::string_view id, std::string_view path, Problems& problems);

}  // namespace parley::protocol
