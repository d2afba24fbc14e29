// SPDX-License-Identifier: Apache-2.0
//
// Operators by name, for graphs that are files: a kind has a name, a table of options and a
// factory. Each family of operators adds its own kinds by a function that somebody calls; nothing
// registers itself before `main`. What an operator stands on (models, pools) is bound by its
// factory.
//
//   registry.add("vad", vad_options(), [&models](VadOptions options) {
//     return std::make_unique<VadOperator>(options, models.vad());
//   });
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

class Registry {
 public:
  /// `make(Options)` returns a unique_ptr to an operator, or a Result of one. A kind given twice is
  /// our own mistake (checked).
  template <typename Options, typename Make>
  void add(std::string kind, OptionTable<Options> table, Make make) {
    add_factory(std::move(kind),
                [table = std::move(table), make = std::move(make)](
                    const OptionMap& map) -> Result<std::unique_ptr<Operator>> {
                  PARLEY_TRY(Options options, table.read(map));
                  using Made = std::invoke_result_t<const Make&, Options>;
                  if constexpr (std::is_convertible_v<Made, std::unique_ptr<Operator>>) {
                    return std::unique_ptr<Operator>(make(std::move(options)));
                  } else {
                    return make(std::move(options));
                  }
                });
  }

  /// Errors: invalid_argument (an unknown kind or option, a value out of range), and the factory's.
  [[nodiscard]] Result<std::unique_ptr<Operator>> make(std::string_view kind,
                                                       const OptionMap& options = {}) const;
  /// In alphabetical order.
  [[nodiscard]] std::vector<std::string> kinds() const;

 private:
  using Factory = std::function<Result<std::unique_ptr<Operator>>(const OptionMap&)>;
  void add_factory(std::string kind, Factory factory);

  std::map<std::string, Factory, std::less<>> factories_;
};

}  // namespace parley::graph
