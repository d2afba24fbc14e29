// SPDX-License-Identifier: Apache-2.0
//
// From the options of a graph file to an operator's own Options struct, checked: every option has a
// name, a type and a range; what is not given keeps the struct's default.
//
//   OptionTable<VadOptions> table;
//   table.number("threshold", &VadOptions::threshold, 0.0F, 1.0F)
//        .millis("silence_min_ms", &VadOptions::silence_min, 0ms, 5000ms);
//   PARLEY_TRY(VadOptions options, table.read(map));
//
// Threads: one owner while it is built, then immutable. Allocates: control path only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace parley::graph {

/// A scalar of a graph file.
using OptionValue = std::variant<bool, std::int64_t, double, std::string>;
using OptionMap = std::map<std::string, OptionValue, std::less<>>;

/// Each gives the value in its type, or an invalid_argument that names option, value and range.
Result<bool> option_flag(std::string_view name, const OptionValue& value);
Result<std::string> option_text(std::string_view name, const OptionValue& value);
Result<std::int64_t> option_whole(std::string_view name, const OptionValue& value, std::int64_t min,
                                  std::int64_t max);
Result<double> option_number(std::string_view name, const OptionValue& value, double min,
                             double max);
/// For a name that nobody knows; names the nearest of `names`.
Error unknown_name(std::string_view what, std::string_view name,
                   const std::vector<std::string>& names);

template <typename Options>
class OptionTable {
 public:
  OptionTable& flag(std::string name, bool Options::* member) {
    return add(std::move(name), [member](auto name_of, Options& options, const auto& value) {
      return set(options.*member, option_flag(name_of, value));
    });
  }
  OptionTable& text(std::string name, std::string Options::* member) {
    return add(std::move(name), [member](auto name_of, Options& options, const auto& value) {
      return set(options.*member, option_text(name_of, value));
    });
  }
  OptionTable& whole(std::string name, int Options::* member, int min, int max) {
    return add(std::move(name), [=](auto name_of, Options& options, const auto& value) {
      return set(options.*member, option_whole(name_of, value, min, max));
    });
  }
  OptionTable& number(std::string name, float Options::* member, float min, float max) {
    return add(std::move(name), [=](auto name_of, Options& options, const auto& value) {
      return set(options.*member, option_number(name_of, value, min, max));
    });
  }
  /// By custom the name ends in `_ms`.
  OptionTable& millis(std::string name, Millis Options::* member, Millis min, Millis max) {
    return add(std::move(name), [=](auto name_of, Options& options, const auto& value) {
      return set(options.*member, option_whole(name_of, value, min.count(), max.count()));
    });
  }

  /// Errors: invalid_argument (an unknown name, a wrong type, out of range).
  [[nodiscard]] Result<Options> read(const OptionMap& map) const {
    Options options;
    for (const auto& [name, value] : map) {
      const auto entry = setters_.find(name);
      if (entry == setters_.end()) return unknown_name("option", name, names());
      PARLEY_TRY_STATUS(entry->second(name, options, value));
    }
    return options;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    names.reserve(setters_.size());
    for (const auto& [name, setter] : setters_) names.push_back(name);
    return names;
  }

 private:
  using Setter = std::function<Status(std::string_view, Options&, const OptionValue&)>;

  template <typename Member, typename Value>
  static Status set(Member& member, Result<Value> value) {
    if (!value) return std::move(value).error();
    member = static_cast<Member>(*std::move(value));
    return {};
  }
  OptionTable& add(std::string name, Setter setter) {
    PARLEY_CHECK(setters_.emplace(std::move(name), std::move(setter)).second);
    return *this;
  }

  std::map<std::string, Setter, std::less<>> setters_;
};

}  // namespace parley::graph
