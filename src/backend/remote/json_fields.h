// SPDX-License-Identifier: Apache-2.0
//
// Fields of what an endpoint sends, each absent where it is something else: endpoints differ, and
// what is missing decides what an answer is worth. Only for .cpp files of backend/remote: it brings
// Boost.JSON. Threads: pure functions.
#pragma once

#include <cmath>
#include <optional>
#include <string_view>

#include <boost/json.hpp>

namespace parley::backend {

inline const boost::json::object* object_at(const boost::json::object& object,
                                            std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

inline const boost::json::array* array_at(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_array();
}

inline std::string_view text_at(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value == nullptr || !value->is_string() ? std::string_view()
                                                 : std::string_view(value->get_string());
}

/// Finite.
inline std::optional<double> number_at(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  const boost::json::result<double> number = boost::json::try_value_to<double>(*value);
  if (!number || !std::isfinite(*number)) return std::nullopt;
  return *number;
}

}  // namespace parley::backend
