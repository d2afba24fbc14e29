// SPDX-License-Identifier: Apache-2.0
//
// One tag of SSML (XML 1.0, sections 2.3, 3.1 and 4.1; no namespaces, no entities of a document's
// own).
//
// Threads: any (pure functions).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace parley::text {

struct Tag {
  std::string name;
  bool is_end = false;                                          // </name>
  bool is_empty = false;                                        // <name/>
  std::vector<std::pair<std::string, std::string>> attributes;  // values with entities resolved

  /// Empty when there is none.
  [[nodiscard]] std::string_view attribute(std::string_view wanted) const;
};

/// What stands between `<` and `>`. invalid_argument says what is wrong.
[[nodiscard]] Result<Tag> parse_tag(std::string_view inside);

/// What stands between `&` and `;`: the five of XML, nbsp, and numbers.
[[nodiscard]] std::optional<char32_t> entity(std::string_view name);

}  // namespace parley::text
