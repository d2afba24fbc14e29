// SPDX-License-Identifier: Apache-2.0
//
// One option's value as a graph file has it, how it is read, and how it is described to people.
// OptionTable (options.h) puts these together for an operator's own struct.
//
// Threads: any (pure functions, value types). Allocates: control path only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace parley::graph {

/// A scalar of a graph file. A list there is a text here, with commas.
using OptionValue = std::variant<bool, std::int64_t, double, std::string>;
using OptionMap = std::map<std::string, OptionValue, std::less<>>;

struct OptionDescription {
  std::string name = {};
  std::string range = {};   // what may be given: "a number from 0 to 1"
  std::string preset = {};  // what it is when it is not given; may be empty
  std::string help = {};    // one sentence
  bool required = false;
};

/// Each gives the value in its type, or an invalid_argument that names option, value and range.
Result<bool> option_flag(std::string_view name, const OptionValue& value);
Result<std::string> option_text(std::string_view name, const OptionValue& value);
/// The parts between commas, without the blanks around them; an empty text is an empty list.
Result<std::vector<std::string>> option_list(std::string_view name, const OptionValue& value);
Result<std::int64_t> option_whole(std::string_view name, const OptionValue& value, std::int64_t min,
                                  std::int64_t max);
Result<double> option_number(std::string_view name, const OptionValue& value, double min,
                             double max);
/// The index of the word in `words`.
Result<std::size_t> option_choice(std::string_view name, const OptionValue& value,
                                  const std::vector<std::string>& words);

/// The value as a graph file would have it.
[[nodiscard]] std::string option_text_of(const OptionValue& value);
[[nodiscard]] std::string option_text_of(const std::vector<std::string>& values);
/// "a whole number from 1 to 8", "a number from 0 to 1", "block or drop".
[[nodiscard]] std::string option_range_text(std::int64_t min, std::int64_t max);
[[nodiscard]] std::string option_range_text(double min, double max);
[[nodiscard]] std::string option_choice_text(const std::vector<std::string>& words);

[[nodiscard]] Error missing_option(const OptionDescription& option);
/// Names the nearest, or all that there are.
[[nodiscard]] Error unknown_option(std::string_view name,
                                   const std::vector<OptionDescription>& options);
/// `there is no <what> '<name>'`, with the nearest of `names` if one is near.
[[nodiscard]] Error unknown_name(std::string_view what, std::string_view name,
                                 const std::vector<std::string>& names);

}  // namespace parley::graph
