// SPDX-License-Identifier: Apache-2.0
//
// The name of one request in logs, in its answer (`x-request-id`) and in what is said about it: the
// client's own where it is one, so that a request can be followed through several programs.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace parley::transport {

/// Bytes of a client's own id; a longer one is not taken.
inline constexpr std::size_t kRequestIdBytesMax = 128;

/// `from_client`, when it has only letters, digits and `-_.:`; else a new one, `req_…`.
[[nodiscard]] std::string request_id(std::optional<std::string_view> from_client);

}  // namespace parley::transport
