// SPDX-License-Identifier: Apache-2.0
//
// The session object as clients write it, and the pieces that `response.create` has in common.
// Only for .cpp files of this folder. Threads: any (pure).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_reader.h"
#include "protocol/realtime/session_config.h"

namespace parley::protocol {

std::optional<SessionPatch> read_session(const json::value& value, std::string_view path,
                                         Problems& problems);

std::optional<WireFormat> read_format(const json::value& value, std::string_view path,
                                      Problems& problems);
std::optional<Voice> read_voice(const json::value& value, std::string_view path,
                                Problems& problems);
std::optional<Modality> read_modality(const json::value& value, std::string_view path,
                                      Problems& problems);
std::optional<std::vector<Tool>> read_tools(const json::value& value, std::string_view path,
                                            Problems& problems);
std::optional<ToolChoice> read_tool_choice(const json::value& value, std::string_view path,
                                           Problems& problems);
/// 0 for "inf".
std::optional<std::int32_t> read_max_output_tokens(const json::value& value, std::string_view path,
                                                   Problems& problems);
// What Parley keeps as JSON text.
std::optional<std::string> read_prompt(const json::value& value, std::string_view path,
                                       Problems& problems);
std::optional<std::string> read_reasoning(const json::value& value, std::string_view path,
                                          Problems& problems);

/// The value of `key` as `read` makes it; nothing when absent.
template <typename Read>
auto optional_field(ObjectReader& reader, std::string_view key, Read read)
    -> decltype(read(std::declval<const json::value&>(), std::string_view(),
                     std::declval<Problems&>())) {
  const json::value* value = reader.find(key);
  if (value == nullptr) return std::nullopt;
  return read(*value, reader.path_of(key), reader.problems());
}

}  // namespace parley::protocol
