// SPDX-License-Identifier: Apache-2.0
#include "graph/registry.h"

namespace parley::graph {

Result<std::unique_ptr<Operator>> Registry::make(std::string_view kind,
                                                 const OptionMap& options) const {
  const auto found = kinds_.find(kind);
  if (found == kinds_.end()) return unknown(kind);
  Result<std::unique_ptr<Operator>> made = found->second.make(options);
  if (!made) return made.error().with_context(kind);
  return made;
}

Status Registry::check_option(std::string_view kind, std::string_view name,
                              const OptionValue& value) const {
  const auto found = kinds_.find(kind);
  if (found == kinds_.end()) return unknown(kind);
  const Status checked = found->second.check(name, value);
  if (!checked) return checked.error().with_context(kind);
  return {};
}

const KindDescription* Registry::describe(std::string_view kind) const {
  const auto found = kinds_.find(kind);
  return found == kinds_.end() ? nullptr : &found->second.description;
}

std::vector<std::string> Registry::kinds() const {
  std::vector<std::string> names;
  names.reserve(kinds_.size());
  for (const auto& [name, kind] : kinds_) names.push_back(name);
  return names;
}

Error Registry::unknown(std::string_view kind) const {
  return unknown_name("kind of operator", kind, kinds());
}

void Registry::add_kind(Kind added) {
  std::string name = added.description.kind;
  PARLEY_CHECK(kinds_.emplace(std::move(name), std::move(added)).second);
}

}  // namespace parley::graph
