// SPDX-License-Identifier: Apache-2.0
#include "tests/service/realtime/matcher.h"

#include <charconv>
#include <string_view>

#include "base/base64.h"

namespace parley::test {
namespace {

namespace json = boost::json;
using Difference = std::optional<std::string>;

std::string show(const json::value& value) {
  std::string text = json::serialize(value);
  constexpr std::size_t kShown = 300;
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  return text;
}

Difference differ(const std::string& path, const json::value& expected, const json::value& actual) {
  return path + ": expected " + show(expected) + ", got " + show(actual);
}

std::int64_t number_in(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<std::size_t> base64_bytes(const json::value& actual) {
  if (!actual.is_string()) return std::nullopt;
  const std::string_view text(actual.get_string().data(), actual.get_string().size());
  return base64_decoded_size(text);
}

bool satisfies(std::string_view rule, const json::value& actual) {
  const std::size_t colon = rule.find(':');
  const std::string_view name = rule.substr(1, colon == rule.npos ? rule.npos : colon - 1);
  const std::string_view argument = colon == rule.npos ? "" : rule.substr(colon + 1);
  const std::string_view text =
      actual.is_string() ? std::string_view(actual.get_string().data(), actual.get_string().size())
                         : std::string_view();
  if (name == "any") return true;
  if (name == "string") return actual.is_string();
  if (name == "int") return actual.is_int64();
  if (name == "text") return !text.empty();
  if (name == "starts") return actual.is_string() && text.starts_with(argument);
  if (name == "contains") return text.find(argument) != text.npos;
  if (name == "min") return actual.is_int64() && actual.get_int64() >= number_in(argument);
  if (name == "max") return actual.is_int64() && actual.get_int64() <= number_in(argument);
  const std::optional<std::size_t> bytes = base64_bytes(actual);
  if (name == "base64") {
    if (argument.empty()) return bytes && *bytes % 2 == 0;
    return bytes == static_cast<std::size_t>(number_in(argument));
  }
  if (name == "base64max") return bytes && *bytes <= static_cast<std::size_t>(number_in(argument));
  return false;
}

Difference compare(const std::string& path, const json::value& expected, const json::value& actual,
                   Bindings& bindings);

Difference compare_object(const std::string& path, const json::object& expected,
                          const json::value& actual, Bindings& bindings) {
  if (!actual.is_object()) return differ(path, expected, actual);
  for (const json::key_value_pair& field : expected) {
    const std::string at = path + "." + std::string(field.key());
    const json::value* found = actual.get_object().if_contains(field.key());
    const bool wants_absent = field.value() == json::value("?absent");
    if (found == nullptr && wants_absent) continue;
    if (found == nullptr) return at + ": missing";
    if (wants_absent) return at + ": should not be there, is " + show(*found);
    if (Difference difference = compare(at, field.value(), *found, bindings)) return difference;
  }
  return std::nullopt;
}

Difference compare_array(const std::string& path, const json::array& expected,
                         const json::value& actual, Bindings& bindings) {
  if (!actual.is_array() || actual.get_array().size() != expected.size()) {
    return differ(path, expected, actual);
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string at = path + "[" + std::to_string(i) + "]";
    if (Difference difference = compare(at, expected[i], actual.get_array()[i], bindings)) {
      return difference;
    }
  }
  return std::nullopt;
}

Difference compare(const std::string& path, const json::value& expected, const json::value& actual,
                   Bindings& bindings) {
  if (const json::object* object = expected.if_object()) {
    return compare_object(path, *object, actual, bindings);
  }
  if (const json::array* array = expected.if_array()) {
    return compare_array(path, *array, actual, bindings);
  }
  if (const json::string* text = expected.if_string()) {
    const std::string_view rule(text->data(), text->size());
    if (rule.starts_with("?")) {
      return satisfies(rule, actual) ? std::nullopt : differ(path, expected, actual);
    }
    if (rule.starts_with("$")) {
      const auto [bound, is_new] = bindings.emplace(rule, actual);
      if (is_new || bound->second == actual) return std::nullopt;
      return differ(path + " (" + std::string(rule) + ")", bound->second, actual);
    }
  }
  return expected == actual ? std::nullopt : differ(path, expected, actual);
}

}  // namespace

std::optional<std::string> mismatch(const json::value& expected, const json::value& actual,
                                    Bindings& bindings) {
  Bindings tried = bindings;
  Difference difference = compare("", expected, actual, tried);
  if (!difference) bindings = std::move(tried);
  return difference;
}

std::string substitute(std::string frame, const Bindings& bindings) {
  for (const auto& [name, value] : bindings) {
    const std::string quoted = "\"" + name + "\"";
    for (std::size_t at = frame.find(quoted); at != std::string::npos; at = frame.find(quoted)) {
      frame.replace(at, quoted.size(), json::serialize(value));
    }
  }
  return frame;
}

}  // namespace parley::test
