// SPDX-License-Identifier: Apache-2.0
#include "graph/options.h"

#include <sstream>

#include "base/edit_distance.h"

namespace parley::graph {
namespace {

std::string text_of(const OptionValue& value) {
  std::ostringstream text;
  text << std::boolalpha;
  std::visit([&](const auto& held) { text << held; }, value);
  return text.str();
}

template <typename Number>
std::string range_text(Number min, Number max) {
  std::ostringstream text;
  text << "from " << min << " to " << max;
  return text.str();
}

Error wrong(std::string_view name, const OptionValue& value, std::string_view wanted) {
  return {.code = ErrorCode::invalid_argument,
          .message = "option '" + std::string(name) + "' is '" + text_of(value) + "'; give " +
                     std::string(wanted)};
}

}  // namespace

Result<bool> option_flag(std::string_view name, const OptionValue& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag;
  return wrong(name, value, "true or false");
}

Result<std::string> option_text(std::string_view name, const OptionValue& value) {
  if (const std::string* text = std::get_if<std::string>(&value)) return *text;
  return wrong(name, value, "a text, in quotes if it looks like a number");
}

Result<std::int64_t> option_whole(std::string_view name, const OptionValue& value, std::int64_t min,
                                  std::int64_t max) {
  const std::int64_t* whole = std::get_if<std::int64_t>(&value);
  if (whole != nullptr && *whole >= min && *whole <= max) return *whole;
  return wrong(name, value, "a whole number " + range_text(min, max));
}

Result<double> option_number(std::string_view name, const OptionValue& value, double min,
                             double max) {
  const std::int64_t* whole = std::get_if<std::int64_t>(&value);
  const double* number = std::get_if<double>(&value);
  if (whole != nullptr || number != nullptr) {
    const double given = number != nullptr ? *number : static_cast<double>(*whole);
    if (given >= min && given <= max) return given;
  }
  return wrong(name, value, "a number " + range_text(min, max));
}

Error unknown_name(std::string_view what, std::string_view name,
                   const std::vector<std::string>& names) {
  std::string message = "there is no " + std::string(what) + " '" + std::string(name) + "'";
  std::size_t least = name.size() + 1;
  std::string nearest;
  for (const std::string& known : names) {
    const std::size_t distance = edit_distance(name, known);
    if (distance >= least) continue;
    least = distance;
    nearest = known;
  }
  if (!nearest.empty()) message += "; did you mean '" + nearest + "'?";
  return {.code = ErrorCode::invalid_argument, .message = std::move(message)};
}

}  // namespace parley::graph
