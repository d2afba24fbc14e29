// SPDX-License-Identifier: Apache-2.0
//
// What a webhook is sent. Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/tool_host.h"

namespace parley::backend {

/// The key's bytes: `whsec_` and base64, or the text itself. Errors: invalid_argument.
[[nodiscard]] Result<std::string> webhook_key(std::string_view secret);

[[nodiscard]] std::string webhook_body(const model::ToolCall& call);

/// `key` empty: without a signature.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> webhook_headers(
    std::string_view key, std::string_view id, std::int64_t unix_seconds, std::string_view body);

}  // namespace parley::backend
