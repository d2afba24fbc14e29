// SPDX-License-Identifier: Apache-2.0
//
// What a moderation service answers: `{"refused":true}`, `{"flagged":true}`, `{"allowed":false}`,
// or as OpenAI's moderations say it, `{"results":[{"flagged":true}]}`. Threads: pure.
#pragma once

#include <string_view>

#include "base/result.h"

namespace parley::backend {

/// True: refused. Errors: data_corrupt for anything else.
[[nodiscard]] Result<bool> parse_verdict(std::string_view json);

}  // namespace parley::backend
