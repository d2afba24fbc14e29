// SPDX-License-Identifier: Apache-2.0
//
// Reads a JSON object field by field and says what is wrong in the words of the Realtime API, with
// the path of the field. The first problem counts; after it, reads return nothing and go on
// quietly, so that a parser reads like a list of fields.
//
//   ObjectReader session(object, "session", problems);
//   patch.instructions = session.string("instructions");
//   session.finish();                       // every key that nobody asked for is unknown
//
// Only for .cpp files of protocol/: it brings Boost.JSON. Threads: one owner.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "protocol/choice.h"
#include "protocol/protocol_error.h"
#include "protocol/update.h"

namespace parley::protocol {

namespace json = boost::json;

class Problems {
 public:
  void report(ProtocolError error) {
    if (!first_) first_ = std::move(error);
  }
  [[nodiscard]] bool any() const { return first_.has_value(); }
  [[nodiscard]] std::optional<ProtocolError> take() { return std::move(first_); }

 private:
  std::optional<ProtocolError> first_;
};

/// "'a', 'b' and 'c'"
[[nodiscard]] std::string list_of(std::span<const std::string_view> names);
/// "a string", "an object", "null", … for messages.
[[nodiscard]] std::string_view kind_of(const json::value& value);
/// `path` of an element: "item.content[3]".
[[nodiscard]] std::string element_path(std::string_view path, std::size_t index);

// One value each; nothing, after a report, when it is something else.
std::optional<std::string> read_string(const json::value& value, std::string_view path,
                                       Problems& problems);
const json::object* read_object(const json::value& value, std::string_view path,
                                Problems& problems);
const json::array* read_array(const json::value& value, std::string_view path, Problems& problems);
std::optional<std::vector<std::string>> read_strings(const json::value& value,
                                                     std::string_view path, Problems& problems);

template <typename E, std::size_t N>
std::optional<E> read_choice(const json::value& value, std::string_view path,
                             const std::array<Choice<E>, N>& choices, Problems& problems) {
  const std::optional<std::string> name = read_string(value, path, problems);
  if (!name) return std::nullopt;
  if (const std::optional<E> value_named = value_of(*name, choices)) return value_named;
  std::array<std::string_view, N> names{};
  for (std::size_t i = 0; i < N; ++i) names[i] = choices[i].name;
  problems.report(unsupported_value(std::string(path), *name, list_of(names)));
  return std::nullopt;
}

class ObjectReader {
 public:
  enum class Null : std::uint8_t { is_value, is_absent };

  /// Both must outlive the reader. `path` is empty for the event itself.
  ObjectReader(const json::object& object, std::string path, Problems& problems,
               Null null = Null::is_value);

  /// The value of `key`, or null when it is absent; from now on the key is known.
  const json::value* find(std::string_view key);
  /// The same; an absent key is reported.
  const json::value* require(std::string_view key);
  /// Reports the first key that was never asked for.
  void finish();

  std::optional<std::string> string(std::string_view key);
  std::string required_string(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  std::optional<double> number(std::string_view key, double min, double max);
  /// Whole numbers, also when written as 20.0.
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max);
  std::optional<std::int32_t> small_integer(std::string_view key, std::int32_t min,
                                            std::int32_t max);
  template <typename E, std::size_t N>
  std::optional<E> choice(std::string_view key, const std::array<Choice<E>, N>& choices) {
    const json::value* value = find(key);
    return value == nullptr ? std::nullopt : read_choice(*value, path_of(key), choices, problems_);
  }
  /// A field that may be absent, null or what `read(value, path, problems)` makes of it.
  template <typename T, typename Read>
  Update<T> update(std::string_view key, Read read) {
    const json::value* value = find(key);
    if (value == nullptr) return {};
    if (value->is_null()) return {Update<T>::State::null, {}};
    std::optional<T> result = read(*value, path_of(key), problems_);
    if (!result) return {};
    return {Update<T>::State::value, std::move(*result)};
  }

  [[nodiscard]] std::string path_of(std::string_view key) const;
  [[nodiscard]] Problems& problems() { return problems_; }

 private:
  const json::object& object_;
  std::string path_;
  Problems& problems_;
  Null null_;
  std::vector<std::string_view> known_;
};

}  // namespace parley::protocol
