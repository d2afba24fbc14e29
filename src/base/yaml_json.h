// SPDX-License-Identifier: Apache-2.0
//
// A YAML document as JSON text, for files whose parts are JSON by nature (schemas of functions).
// Threads: pure function.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace parley {

/// Lists and maps inside each other, in a YAML document that becomes JSON.
inline constexpr int kYamlDepthMax = 32;

/// Plain scalars become what JSON makes of them: true, false, null, numbers, and else text; quoted
/// ones are text. `name` is the file's, for errors: invalid_argument, with the line.
[[nodiscard]] Result<std::string> yaml_to_json(std::string_view yaml, const std::string& name);

}  // namespace parley
