// SPDX-License-Identifier: Apache-2.0
//
// Operators by name, for graphs that are files: a kind has a name, a sentence about it, a table of
// options and a factory. Each family of operators adds its own kinds by a function that somebody
// calls; nothing registers itself before `main`. What an operator stands on (models, pools) is
// bound by its factory.
//
//   registry.add("vad", "Says of each 32 ms of audio whether somebody speaks", vad_options(),
//                [&models](VadOptions options) {
//                  return std::make_unique<VadOperator>(options, models.vad());
//                });
//   PARLEY_TRY(auto vad, registry.make("vad", {{"threshold", 0.6}}));
//
// Threads: one owner while it is filled, then immutable. Allocates: control path only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/result.h"
#include "graph/operator.h"
#include "graph/options.h"

namespace parley::graph {

/// What a kind says of itself.
struct KindDescription {
  std::string kind;
  std::string summary;  // one sentence, no full stop
  std::vector<OptionDescription> options;
};

/// The options of a kind that has none.
struct NoOptions {};

class Registry {
 public:
  using Made = std::unique_ptr<Operator>;
  /// A kind without the types of its options: for those that are known only when the program runs
  /// (plugins). `check` and `make` report what OptionTable would.
  struct Kind {
    KindDescription description;
    std::function<Status(std::string_view, const OptionValue&)> check;
    std::function<Result<Made>(const OptionMap&)> make;
  };
  void add_kind(Kind added);

  /// `make(Options)` returns a unique_ptr to an operator, or a Result of one. Making an operator
  /// must be cheap and touch nothing outside (that is for `open`): graphs are made to be checked
  /// and described, too. A kind given twice is our own mistake (checked).
  template <typename Options, typename Make>
  void add(std::string kind, std::string summary, OptionTable<Options> table, Make make) {
    std::vector<OptionDescription> options = table.descriptions();
    Kind added;
    added.description = {
        .kind = std::move(kind), .summary = std::move(summary), .options = std::move(options)};
    added.check = [table](std::string_view name, const OptionValue& value) {
      return table.check(name, value);
    };
    added.make = [table = std::move(table),
                  make = std::move(make)](const OptionMap& map) -> Result<Made> {
      PARLEY_TRY(Options options_read, table.read(map));
      using Returned = std::invoke_result_t<const Make&, Options>;
      if constexpr (std::is_convertible_v<Returned, Made>) {
        return Made(make(std::move(options_read)));
      } else {
        PARLEY_TRY(auto made, make(std::move(options_read)));
        return Made(std::move(made));
      }
    };
    add_kind(std::move(added));
  }

  [[nodiscard]] bool has(std::string_view kind) const { return kinds_.contains(kind); }
  /// Errors: invalid_argument (an unknown kind or option, a value out of range), and the factory's.
  [[nodiscard]] Result<std::unique_ptr<Operator>> make(std::string_view kind,
                                                       const OptionMap& options = {}) const;
  /// Errors as of `make`, for one option.
  [[nodiscard]] Status check_option(std::string_view kind, std::string_view name,
                                    const OptionValue& value) const;
  /// Null for an unknown kind.
  [[nodiscard]] const KindDescription* describe(std::string_view kind) const;
  /// In alphabetical order.
  [[nodiscard]] std::vector<std::string> kinds() const;
  /// The error for a kind that there is not.
  [[nodiscard]] Error unknown(std::string_view kind) const;

 private:
  std::map<std::string, Kind, std::less<>> kinds_;
};

}  // namespace parley::graph
