// SPDX-License-Identifier: Apache-2.0
//
// What a request's path is called in metrics: what anybody can ask for must not make series without
// end.
//
// Threads: any (pure).
#pragma once

#include <string_view>

namespace parley::server {

/// One of a few: a route of ours, the folder that it is in, "/v1/other" or "other".
[[nodiscard]] std::string_view route_label(std::string_view path) noexcept;

}  // namespace parley::server
