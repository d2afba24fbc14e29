// SPDX-License-Identifier: Apache-2.0
#include "backend/moderation/verdict.h"

#include <optional>

#include <boost/json.hpp>

namespace parley::backend {
namespace {

namespace json = boost::json;

std::optional<bool> flag(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  if (value == nullptr || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

std::optional<bool> refusal_in(const json::object& object) {
  for (const std::string_view name : {"refused", "flagged"}) {
    if (const auto found = flag(object, name)) return found;
  }
  if (const auto allowed = flag(object, "allowed")) return !*allowed;
  return std::nullopt;
}

}  // namespace

Result<bool> parse_verdict(std::string_view text) {
  boost::system::error_code failure;
  const json::value answer = json::parse(text, failure);
  const Error corrupt{ErrorCode::data_corrupt, "the answer holds no verdict"};
  if (failure || !answer.is_object()) return corrupt;
  if (const auto found = refusal_in(answer.get_object())) return *found;
  const json::value* const results = answer.get_object().if_contains("results");
  if (results == nullptr || !results->is_array() || results->get_array().empty()) return corrupt;
  bool refused = false;
  for (const json::value& result : results->get_array()) {
    if (!result.is_object()) return corrupt;
    const auto found = refusal_in(result.get_object());
    if (!found) return corrupt;
    refused |= *found;
  }
  return refused;
}

}  // namespace parley::backend
