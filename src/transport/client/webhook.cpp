// SPDX-License-Identifier: Apache-2.0
#include "transport/client/webhook.h"

#include <span>

#include "base/base64.h"
#include "base/sha256.h"

namespace parley::transport {

Result<std::string> webhook_key(std::string_view secret) {
  constexpr std::string_view kPrefix = "whsec_";
  if (!secret.starts_with(kPrefix)) return std::string(secret);
  secret.remove_prefix(kPrefix.size());
  const auto size = base64_decoded_size(secret);
  std::string key(size.value_or(0), '\0');
  if (!size || !base64_decode(secret, std::as_writable_bytes(std::span(key)))) {
    return Error{ErrorCode::invalid_argument, "a secret that begins with whsec_ must be base64"};
  }
  return key;
}

void add_webhook_headers(std::vector<std::pair<std::string, std::string>>& headers,
                         std::string_view key, std::string_view id, std::int64_t unix_seconds,
                         std::string_view body) {
  const std::string time = std::to_string(unix_seconds);
  headers.emplace_back("Idempotency-Key", id);
  headers.emplace_back("webhook-id", id);
  headers.emplace_back("webhook-timestamp", time);
  if (key.empty()) return;
  std::string signed_text(id);
  signed_text.append(".").append(time).append(".").append(body);
  std::string signature = "v1,";
  base64_append(signature, hmac_sha256(key, signed_text));
  headers.emplace_back("webhook-signature", std::move(signature));
}

}  // namespace parley::transport
