// SPDX-License-Identifier: Apache-2.0
#include "graph/option_value.h"

#include <algorithm>
#include <sstream>

#include "base/edit_distance.h"

namespace parley::graph {
namespace {

constexpr std::size_t kPartMin = 3;  // letters of a part of a name that tell which one is meant

Error wrong(std::string_view name, const OptionValue& value, std::string_view wanted) {
  return {.code = ErrorCode::invalid_argument,
          .message = "option '" + std::string(name) + "' is '" + option_text_of(value) +
                     "'; give " + std::string(wanted)};
}

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

template <typename Number>
std::string range_text(std::string_view what, Number min, Number max) {
  std::ostringstream text;
  text << what << " from " << min << " to " << max;
  return text.str();
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

Result<std::vector<std::string>> option_list(std::string_view name, const OptionValue& value) {
  std::vector<std::string> parts;
  std::string text = option_text_of(value);
  if (trimmed(text).empty()) return parts;
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    parts.push_back(trimmed(rest.substr(0, comma)));
    if (parts.back().empty()) return wrong(name, value, "a list without empty places");
    if (comma == std::string_view::npos) return parts;
    rest.remove_prefix(comma + 1);
  }
}

Result<std::int64_t> option_whole(std::string_view name, const OptionValue& value, std::int64_t min,
                                  std::int64_t max) {
  const std::int64_t* whole = std::get_if<std::int64_t>(&value);
  if (whole != nullptr && *whole >= min && *whole <= max) return *whole;
  return wrong(name, value, option_range_text(min, max));
}

Result<double> option_number(std::string_view name, const OptionValue& value, double min,
                             double max) {
  const std::int64_t* whole = std::get_if<std::int64_t>(&value);
  const double* number = std::get_if<double>(&value);
  if (whole != nullptr || number != nullptr) {
    const double given = number != nullptr ? *number : static_cast<double>(*whole);
    if (given >= min && given <= max) return given;
  }
  return wrong(name, value, option_range_text(min, max));
}

Result<std::size_t> option_choice(std::string_view name, const OptionValue& value,
                                  const std::vector<std::string>& words) {
  // Of the value's text: an unquoted `off` or `1` in a file may be a choice, too.
  const auto word = std::ranges::find(words, option_text_of(value));
  if (word != words.end()) return static_cast<std::size_t>(word - words.begin());
  return wrong(name, value, option_choice_text(words));
}

std::string option_text_of(const OptionValue& value) {
  std::ostringstream text;
  text << std::boolalpha;
  std::visit([&](const auto& held) { text << held; }, value);
  return text.str();
}

std::string option_text_of(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : ", ") + value;
  return text;
}

std::string option_range_text(std::int64_t min, std::int64_t max) {
  return range_text("a whole number", min, max);
}

std::string option_range_text(double min, double max) { return range_text("a number", min, max); }

std::string option_choice_text(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

Error missing_option(const OptionDescription& option) {
  std::string message = "option '" + option.name + "' is missing; give " + option.range;
  if (!option.help.empty()) message += " (" + option.help + ")";
  return {.code = ErrorCode::invalid_argument, .message = std::move(message)};
}

Error unknown_option(std::string_view name, const std::vector<OptionDescription>& options) {
  std::vector<std::string> names;
  for (const OptionDescription& option : options) names.push_back(option.name);
  return unknown_name("option", name, names);
}

Error unknown_name(std::string_view what, std::string_view name,
                   const std::vector<std::string>& names) {
  std::string message = "there is no " + std::string(what) + " '" + std::string(name) + "'";
  // A name that would have to change in more than half of its letters is not a slip.
  std::size_t least = name.size() / 2 + 2;
  std::string nearest;
  for (const std::string& known : names) {
    // A part of the name is near, however much is missing: "Audio" for AudioFrame.
    const std::size_t part = name.size() < kPartMin ? std::string::npos : known.find(name);
    std::size_t distance = part == 0 ? 0 : 1;
    if (part == std::string::npos) distance = edit_distance(name, known);
    if (distance >= least) continue;
    least = distance;
    nearest = known;
  }
  if (!nearest.empty()) {
    message += "; did you mean '" + nearest + "'?";
  } else {
    message += "; there is: " + (names.empty() ? "none" : option_text_of(names));
  }
  return {.code = ErrorCode::invalid_argument, .message = std::move(message)};
}

}  // namespace parley::graph
