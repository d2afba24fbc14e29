// SPDX-License-Identifier: Apache-2.0
//
// One JSON object, read field by field: what most messages are.
//
//   return parse_object<Order>(text, [](ObjectReader& reader, Order& order) {
//     order.text = reader.required_string("text");
//   });
//
// Only for .cpp files of protocol/: it brings Boost.JSON. Threads: any (pure).
#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "protocol/json_reader.h"

namespace parley::protocol {

/// Deeper nesting is no message of ours.
inline constexpr std::size_t kObjectDepthMax = 16;

/// `read(reader, parsed)`; null is as good as absent. The first problem is the result.
template <typename Parsed, typename Read>
std::variant<Parsed, ProtocolError> parse_object(std::string_view text, Read read) {
  json::parse_options limits;
  limits.max_depth = kObjectDepthMax;
  json::error_code failure;
  try {
    const json::value body =
        json::parse(json::string_view(text.data(), text.size()), failure, {}, limits);
    if (failure || !body.is_object()) return invalid_json();
    Problems problems;
    ObjectReader reader(body.get_object(), "", problems, ObjectReader::Null::is_absent);
    Parsed parsed;
    read(reader, parsed);
    if (std::optional<ProtocolError> error = problems.take()) return std::move(*error);
    return parsed;
  } catch (const std::exception&) {  // out of memory, or a limit of the library
    return invalid_json();
  }
}

}  // namespace parley::protocol
