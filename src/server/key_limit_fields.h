// SPDX-License-Identifier: Apache-2.0
//
// The limits of a key by name, as they are written in `server.keys`, in a keys file and as options
// of `parley keys create`.
//
// Threads: any (the table is immutable).
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "server/key_limits.h"

namespace parley::server {

struct KeyLimitField {
  std::string_view name;
  std::string_view doc;  // for people who set it
  std::variant<int KeyLimits::*, double KeyLimits::*, std::optional<double> KeyLimits::*> member;
};

[[nodiscard]] std::span<const KeyLimitField> key_limit_fields();
/// nullptr when there is no such limit.
[[nodiscard]] const KeyLimitField* find_key_limit(std::string_view name);
/// Errors: invalid_argument, naming field and value.
[[nodiscard]] Status set_key_limit(KeyLimits& limits, const KeyLimitField& field,
                                   std::string_view text);

}  // namespace parley::server
