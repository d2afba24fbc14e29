// SPDX-License-Identifier: Apache-2.0
//
// Whether what somebody says in a room of several people is meant for us: whether our name is in
// it. Threads: any (pure function).
#pragma once

#include <string_view>

namespace parley::room {

/// True when a word of `text` is `name`, whatever its case, or sounds like it: recognition spells
/// names as it likes, so one letter in four may be another one. `name` of several words stands as
/// several words, too. An empty name is in no text.
[[nodiscard]] bool is_named(std::string_view text, std::string_view name);

}  // namespace parley::room
