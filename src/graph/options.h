// SPDX-License-Identifier: Apache-2.0
//
// From the options of a graph file to an operator's own Options struct, checked: every option has a
// name, a type, a range and a sentence of help; what is not given keeps the struct's default.
//
//   OptionTable<VadOptions> table;
//   table.number("threshold", &VadOptions::threshold, 0.0F, 1.0F, "Probability that is speech")
//        .millis("silence_min_ms", &VadOptions::silence_min, 0ms, 5000ms, "Silence that ends it")
//        .choice("when_full", &VadOptions::when_full, {{"block", WhenFull::block}, …}, "…")
//        .text("model", &VadOptions::model, "Path of the model").required();
//   PARLEY_TRY(VadOptions options, table.read(map));
//
// Threads: one owner while it is built, then immutable. Allocates: control path only.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/result.h"
#include "graph/option_value.h"

namespace parley::graph {

template <typename Options>
class OptionTable {
 public:
  OptionTable& flag(std::string name, bool Options::* member, std::string help = {}) {
    return add(
        OptionDescription{
            .name = std::move(name), .range = "true or false", .help = std::move(help)},
        [member](auto name_of, Options& options, const auto& value) {
          return set(options.*member, option_flag(name_of, value));
        },
        option_text_of(Options{}.*member));
  }
  OptionTable& text(std::string name, std::string Options::* member, std::string help = {}) {
    return add(
        OptionDescription{.name = std::move(name), .range = "text", .help = std::move(help)},
        [member](auto name_of, Options& options, const auto& value) {
          return set(options.*member, option_text(name_of, value));
        },
        option_text_of(Options{}.*member));
  }
  /// `a, b, c`: a text, or a list in the graph file.
  OptionTable& list(std::string name, std::vector<std::string> Options::* member,
                    std::string help = {}) {
    return add(
        OptionDescription{
            .name = std::move(name), .range = "a list of texts", .help = std::move(help)},
        [member](auto name_of, Options& options, const auto& value) {
          return set(options.*member, option_list(name_of, value));
        },
        option_text_of(Options{}.*member));
  }
  /// Exactly one of `choices`, by its word; an enum, or anything else with `==`.
  template <typename Choice>
  OptionTable& choice(std::string name, Choice Options::* member,
                      std::vector<std::pair<std::string, std::type_identity_t<Choice>>> choices,
                      std::string help = {}) {
    std::vector<std::string> words;
    std::string preset;
    for (const auto& [word, chosen] : choices) {
      words.push_back(word);
      if (Options{}.*member == chosen) preset = word;
    }
    std::string range = option_choice_text(words);
    return add(
        OptionDescription{
            .name = std::move(name), .range = std::move(range), .help = std::move(help)},
        [member, choices = std::move(choices), words = std::move(words)](
            auto name_of, Options& options, const auto& value) -> Status {
          PARLEY_TRY(const std::size_t index, option_choice(name_of, value, words));
          options.*member = choices[index].second;
          return {};
        },
        std::move(preset));
  }
  template <std::integral Whole>
  OptionTable& whole(std::string name, Whole Options::* member, std::type_identity_t<Whole> min,
                     std::type_identity_t<Whole> max, std::string help = {}) {
    return add_whole(std::move(name), member, static_cast<std::int64_t>(min),
                     static_cast<std::int64_t>(max), std::move(help),
                     option_text_of(static_cast<std::int64_t>(Options{}.*member)));
  }
  template <std::floating_point Number>
  OptionTable& number(std::string name, Number Options::* member, std::type_identity_t<Number> min,
                      std::type_identity_t<Number> max, std::string help = {}) {
    return add(
        OptionDescription{
            .name = std::move(name),
            .range = option_range_text(static_cast<double>(min), static_cast<double>(max)),
            .help = std::move(help)},
        [=](auto name_of, Options& options, const auto& value) {
          return set(options.*member, option_number(name_of, value, min, max));
        },
        option_text_of(Options{}.*member));
  }
  /// By custom the name ends in `_ms`.
  OptionTable& millis(std::string name, Millis Options::* member, Millis min, Millis max,
                      std::string help = {}) {
    return add_whole(std::move(name), member, static_cast<std::int64_t>(min.count()),
                     static_cast<std::int64_t>(max.count()), std::move(help),
                     option_text_of(std::int64_t{(Options{}.*member).count()}));
  }

  /// The option that was added last must be given.
  OptionTable& required() {
    PARLEY_CHECK(!rows_.empty());
    rows_.back().description.required = true;
    rows_.back().description.preset.clear();
    return *this;
  }

  /// Errors: invalid_argument (an unknown name, a wrong type, out of range, a missing option).
  [[nodiscard]] Result<Options> read(const OptionMap& map) const {
    Options options;
    for (const auto& [name, value] : map) PARLEY_TRY_STATUS(set_one(name, value, options));
    for (const Row& row : rows_) {
      if (row.description.required && !map.contains(row.description.name)) {
        return missing_option(row.description);
      }
    }
    return options;
  }
  /// As `read`, of one option alone: for whoever knows the line of each.
  [[nodiscard]] Status check(std::string_view name, const OptionValue& value) const {
    Options options;
    return set_one(name, value, options);
  }
  /// In the order in which they were added.
  [[nodiscard]] std::vector<OptionDescription> descriptions() const {
    std::vector<OptionDescription> all;
    for (const Row& row : rows_) all.push_back(row.description);
    return all;
  }

 private:
  using Setter = std::function<Status(std::string_view, Options&, const OptionValue&)>;
  struct Row {
    OptionDescription description;
    Setter setter;
  };

  template <typename Member, typename Value>
  static Status set(Member& member, Result<Value> value) {
    if (!value) return std::move(value).error();
    member = static_cast<Member>(*std::move(value));
    return {};
  }
  Status set_one(std::string_view name, const OptionValue& value, Options& options) const {
    for (const Row& row : rows_) {
      if (row.description.name == name) return row.setter(name, options, value);
    }
    return unknown_option(name, descriptions());
  }
  template <typename Member>
  OptionTable& add_whole(std::string name, Member member, std::int64_t min, std::int64_t max,
                         std::string help, std::string preset) {
    return add(
        OptionDescription{
            .name = std::move(name), .range = option_range_text(min, max), .help = std::move(help)},
        [=](auto name_of, Options& options, const auto& value) {
          return set(options.*member, option_whole(name_of, value, min, max));
        },
        std::move(preset));
  }
  OptionTable& add(OptionDescription description, Setter setter, std::string preset) {
    PARLEY_CHECK(std::ranges::none_of(
        rows_, [&](const Row& row) { return row.description.name == description.name; }));
    description.preset = std::move(preset);
    rows_.push_back({.description = std::move(description), .setter = std::move(setter)});
    return *this;
  }

  std::vector<Row> rows_;
};

}  // namespace parley::graph
