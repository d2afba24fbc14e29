// SPDX-License-Identifier: Apache-2.0
#include "protocol/json_reader.h"

#include <algorithm>
#include <cmath>

#include "base/json_text.h"

namespace parley::protocol {
namespace {

constexpr double kExactInteger = 9'007'199'254'740'992.0;  // 2^53: doubles count this far

std::string print(double number) {
  std::string text;
  json_text::append_number(text, number);
  return text;
}

ProtocolError out_of_range(std::string path, std::string_view what, double min, double max,
                           const json::value& got) {
  std::string message = "Invalid value for '" + path + "': expected ";
  message += what;
  message += " between " + print(min) + " and " + print(max);
  message += ", but got " + print(got.to_number<double>()) + " instead.";
  return invalid_value(std::move(path), std::move(message));
}

std::optional<std::int64_t> whole_number(const json::value& value) {
  if (value.is_int64()) return value.get_int64();
  if (!value.is_double()) return std::nullopt;
  const double number = value.get_double();
  if (number != std::floor(number) || std::abs(number) > kExactInteger) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

}  // namespace

std::string list_of(std::span<const std::string_view> names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) list += i + 1 == names.size() ? " and " : ", ";
    list += '\'';
    list += names[i];
    list += '\'';
  }
  return list;
}

std::string_view kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
      return "an integer";
    case json::kind::double_:
      return "a decimal number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      break;
  }
  return "an object";
}

std::string element_path(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

std::optional<std::string> read_string(const json::value& value, std::string_view path,
                                       Problems& problems) {
  if (const json::string* text = value.if_string()) return std::string(text->data(), text->size());
  problems.report(invalid_type(std::string(path), "a string", kind_of(value)));
  return std::nullopt;
}

const json::object* read_object(const json::value& value, std::string_view path,
                                Problems& problems) {
  const json::object* object = value.if_object();
  if (object == nullptr) {
    problems.report(invalid_type(std::string(path), "an object", kind_of(value)));
  }
  return object;
}

const json::array* read_array(const json::value& value, std::string_view path, Problems& problems) {
  const json::array* array = value.if_array();
  if (array == nullptr) {
    problems.report(invalid_type(std::string(path), "an array", kind_of(value)));
  }
  return array;
}

std::optional<std::vector<std::string>> read_strings(const json::value& value,
                                                     std::string_view path, Problems& problems) {
  const json::array* array = read_array(value, path, problems);
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> strings;
  for (std::size_t i = 0; i < array->size(); ++i) {
    std::optional<std::string> text = read_string((*array)[i], element_path(path, i), problems);
    if (!text) return std::nullopt;
    strings.push_back(std::move(*text));
  }
  return strings;
}

ObjectReader::ObjectReader(const json::object& object, std::string path, Problems& problems,
                           Null null)
    : object_(object), path_(std::move(path)), problems_(problems), null_(null) {}

std::string ObjectReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

const json::value* ObjectReader::find(std::string_view key) {
  known_.push_back(key);
  const json::value* value = object_.if_contains(key);
  if (value != nullptr && value->is_null() && null_ == Null::is_absent) return nullptr;
  return value;
}

const json::value* ObjectReader::require(std::string_view key) {
  const json::value* value = find(key);
  if (value == nullptr) problems_.report(missing_parameter(path_of(key)));
  return value;
}

void ObjectReader::finish() {
  for (const json::key_value_pair& field : object_) {
    const std::string_view key(field.key().data(), field.key().size());
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
      problems_.report(unknown_parameter(path_of(key)));
      return;
    }
  }
}

std::optional<std::string> ObjectReader::string(std::string_view key) {
  const json::value* value = find(key);
  return value == nullptr ? std::nullopt : read_string(*value, path_of(key), problems_);
}

std::string ObjectReader::required_string(std::string_view key) {
  const json::value* value = require(key);
  if (value == nullptr) return {};
  return read_string(*value, path_of(key), problems_).value_or(std::string());
}

std::optional<bool> ObjectReader::boolean(std::string_view key) {
  const json::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return value->get_bool();
  problems_.report(invalid_type(path_of(key), "a boolean", kind_of(*value)));
  return std::nullopt;
}

std::optional<double> ObjectReader::number(std::string_view key, double min, double max) {
  const json::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) {
    problems_.report(invalid_type(path_of(key), "a number", kind_of(*value)));
    return std::nullopt;
  }
  const double number = value->to_number<double>();
  if (number >= min && number <= max) return number;
  problems_.report(out_of_range(path_of(key), "a number", min, max, *value));
  return std::nullopt;
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view key, std::int64_t min,
                                                  std::int64_t max) {
  const json::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number() || (value->is_double() && !whole_number(*value))) {
    problems_.report(invalid_type(path_of(key), "an integer", kind_of(*value)));
    return std::nullopt;
  }
  const std::optional<std::int64_t> number = whole_number(*value);
  if (number && *number >= min && *number <= max) return number;
  problems_.report(out_of_range(path_of(key), "an integer", static_cast<double>(min),
                                static_cast<double>(max), *value));
  return std::nullopt;
}

std::optional<std::int32_t> ObjectReader::small_integer(std::string_view key, std::int32_t min,
                                                        std::int32_t max) {
  const std::optional<std::int64_t> number = integer(key, min, max);
  if (!number) return std::nullopt;
  return static_cast<std::int32_t>(*number);
}

}  // namespace parley::protocol
