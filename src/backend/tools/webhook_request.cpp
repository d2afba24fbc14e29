// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/webhook_request.h"

#include <span>

#include <boost/json.hpp>

#include "base/sha256.h"
#include "protocol/base64.h"

namespace parley::backend {

namespace json = boost::json;

Result<std::string> webhook_key(std::string_view secret) {
  constexpr std::string_view kPrefix = "whsec_";
  if (!secret.starts_with(kPrefix)) return std::string(secret);
  secret.remove_prefix(kPrefix.size());
  const auto size = protocol::base64_decoded_size(secret);
  std::string key(size.value_or(0), '\0');
  if (!size || !protocol::base64_decode(secret, std::as_writable_bytes(std::span(key)))) {
    return Error{ErrorCode::invalid_argument, "a secret that begins with whsec_ must be base64"};
  }
  return key;
}

std::string webhook_body(const model::ToolCall& call) {
  boost::system::error_code error;
  json::value arguments = json::parse(call.arguments, error);
  // What is no JSON goes as text: the endpoint may know what was meant.
  if (error) arguments = json::string(call.arguments);
  return json::serialize(json::object{{"type", "function_call"},
                                      {"call_id", call.call_id},
                                      {"name", call.name},
                                      {"arguments", std::move(arguments)}});
}

std::vector<std::pair<std::string, std::string>> webhook_headers(std::string_view key,
                                                                 std::string_view id,
                                                                 std::int64_t unix_seconds,
                                                                 std::string_view body) {
  const std::string time = std::to_string(unix_seconds);
  std::vector<std::pair<std::string, std::string>> headers{{"Content-Type", "application/json"},
                                                           {"Accept", "application/json, text/*"},
                                                           {"User-Agent", "parley"},
                                                           {"Idempotency-Key", std::string(id)},
                                                           {"webhook-id", std::string(id)},
                                                           {"webhook-timestamp", time}};
  if (key.empty()) return headers;
  const std::string signed_text = std::string(id) + "." + time + "." + std::string(body);
  std::string signature = "v1,";
  protocol::base64_append(signature, hmac_sha256(key, signed_text));
  headers.emplace_back("webhook-signature", std::move(signature));
  return headers;
}

}  // namespace parley::backend
