// SPDX-License-Identifier: Apache-2.0
//
// What `parley operators` prints.
//
// Threads: any (pure functions).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "graph/registry.h"

namespace parley::cli {

/// A line for each kind: its name and its sentence.
[[nodiscard]] std::string operators_listing(const graph::Registry& registry);

/// One kind: ports and options. Errors: invalid_argument (the nearest kind is named).
[[nodiscard]] Result<std::string> operator_details(const graph::Registry& registry,
                                                   std::string_view kind);

/// The whole of docs/engine/operators.md.
[[nodiscard]] std::string operators_markdown(const graph::Registry& registry);

}  // namespace parley::cli
