// SPDX-License-Identifier: Apache-2.0
#include "graph/yaml_reader.h"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace parley::graph {
namespace {

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

/// from_chars reads "inf" and "nan", which are words here.
bool looks_like_number(std::string_view text) {
  return text.find_first_not_of("+-.0123456789eE") == std::string_view::npos;
}

}  // namespace

OptionValue plain_scalar(std::string_view text) {
  constexpr std::array<std::string_view, 3> kTrue{"true", "True", "TRUE"};
  constexpr std::array<std::string_view, 3> kFalse{"false", "False", "FALSE"};
  for (const std::string_view word : kTrue) {
    if (text == word) return true;
  }
  for (const std::string_view word : kFalse) {
    if (text == word) return false;
  }
  std::int64_t whole = 0;
  double number = 0;
  if (read_number(text, whole)) return whole;
  if (looks_like_number(text) && read_number(text, number) && std::isfinite(number)) return number;
  return std::string(text);
}

Error YamlReader::wrong(int line, const std::string& message) const {
  return {.code = ErrorCode::invalid_argument,
          .message = file_ + ":" + std::to_string(line) + ": " + message};
}

Status YamlReader::for_each(const YAML::Node& map, const std::string& what,
                            const std::vector<std::string>& keys, const Entry& entry) const {
  if (!map.IsMap()) {
    std::string wanted = what + ": give a map of keys and values";
    if (!keys.empty()) wanted += "; keys: " + option_text_of(keys);
    return wrong(line_of(map), wanted);
  }
  std::set<std::string> seen;
  for (const auto& pair : map) {
    const int line = line_of(pair.first);
    if (!pair.first.IsScalar()) return wrong(line, what + ": a key is a word");
    const std::string& key = pair.first.Scalar();
    if (!seen.insert(key).second) return wrong(line, what + ": '" + key + "' is given twice");
    bool is_known = keys.empty();
    for (const std::string& known : keys) is_known = is_known || known == key;
    if (!is_known) return wrong(line, what + ": " + unknown_name("key", key, keys).message);
    PARLEY_TRY_STATUS(entry(key, line, pair.second));
  }
  return {};
}

Result<std::string> YamlReader::text(const YAML::Node& node, const std::string& what) const {
  if (node.IsScalar()) return node.Scalar();
  return wrong(line_of(node), what + ": give a word");
}

Result<std::int64_t> YamlReader::whole(const YAML::Node& node, const std::string& what,
                                       std::int64_t min, std::int64_t max) const {
  const std::string range = option_range_text(min, max);
  PARLEY_TRY(const OptionValue value, scalar(node, what, range));
  const std::int64_t* const whole = std::get_if<std::int64_t>(&value);
  if (whole != nullptr && *whole >= min && *whole <= max) return *whole;
  return wrong(line_of(node), what + " is '" + node.Scalar() + "'; give " + range);
}

Result<OptionValue> YamlReader::option(const YAML::Node& node, const std::string& what) const {
  if (!node.IsSequence()) return scalar(node, what, "a value, or a list of values");
  std::vector<std::string> parts;
  for (const YAML::Node& part : node) {
    if (!part.IsScalar()) return wrong(line_of(part), what + ": a list has plain values only");
    parts.push_back(part.Scalar());
  }
  return OptionValue(option_text_of(parts));
}

Result<OptionValue> YamlReader::scalar(const YAML::Node& node, const std::string& what,
                                       std::string_view wanted) const {
  if (!node.IsScalar()) return wrong(line_of(node), what + ": give " + std::string(wanted));
  const bool is_quoted = node.Tag() == "!";
  return is_quoted ? OptionValue(node.Scalar()) : plain_scalar(node.Scalar());
}

}  // namespace parley::graph
