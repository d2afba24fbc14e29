// SPDX-License-Identifier: Apache-2.0
//
// How a webhook's request says who sent it and which one it is, as Standard Webhooks wants it
// (standardwebhooks.com), so that the libraries for it check ours: webhook-id, webhook-timestamp
// and webhook-signature, `v1,` and the base64 of HMAC-SHA-256 over "id.timestamp.body". A request
// that is sent again keeps its id, which goes as Idempotency-Key too.
// Threads: any (pure).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace parley::transport {

/// The key's bytes: `whsec_` and base64, or the text itself. Errors: invalid_argument.
[[nodiscard]] Result<std::string> webhook_key(std::string_view secret);

/// `key` empty: without a signature.
void add_webhook_headers(std::vector<std::pair<std::string, std::string>>& headers,
                         std::string_view key, std::string_view id, std::int64_t unix_seconds,
                         std::string_view body);

}  // namespace parley::transport
