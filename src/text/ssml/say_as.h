// SPDX-License-Identifier: Apache-2.0
//
// SSML's say-as: text that is read as the writer says, not as it looks.
//
//   cardinal, number    12       twelve
//   ordinal             3        third
//   characters, spell-out, verbatim   abc1   A.B.C. one
//   digits              123      one two three
//   date (format mdy, dmy, ymd, md, dm, ym, my, y, ...)   3/4/2025
//   time, telephone, currency, unit, fraction
//
// Threads: any (pure functions).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "text/normalise/normaliser.h"

namespace parley::text {

/// invalid_argument names the attribute and the value.
[[nodiscard]] Status check_say_as(std::string_view interpret_as, std::string_view format);

/// How `content` is said. invalid_argument when it is nothing of its kind.
[[nodiscard]] Result<std::string> say_as(std::string_view content, std::string_view interpret_as,
                                         std::string_view format, const Reader& reader);

}  // namespace parley::text
