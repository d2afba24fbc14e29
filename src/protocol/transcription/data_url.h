// SPDX-License-Identifier: Apache-2.0
//
// Bytes that a URL carries itself (RFC 2397): "data:audio/wav;base64,UklGRg==".
//
// Threads: any (pure).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::protocol {

/// Nothing when it is no data URL, or not one in base64.
[[nodiscard]] std::optional<std::string> data_of_url(std::string_view url);

}  // namespace parley::protocol
