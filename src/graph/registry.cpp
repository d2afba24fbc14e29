// SPDX-License-Identifier: Apache-2.0
#include "graph/registry.h"

namespace parley::graph {

Result<std::unique_ptr<Operator>> Registry::make(std::string_view kind,
                                                 const OptionMap& options) const {
  const auto factory = factories_.find(kind);
  if (factory == factories_.end()) return unknown_name("kind of operator", kind, kinds());
  Result<std::unique_ptr<Operator>> made = factory->second(options);
  if (!made) return made.error().with_context(kind);
  return made;
}

std::vector<std::string> Registry::kinds() const {
  std::vector<std::string> kinds;
  kinds.reserve(factories_.size());
  for (const auto& [kind, factory] : factories_) kinds.push_back(kind);
  return kinds;
}

void Registry::add_factory(std::string kind, Factory factory) {
  PARLEY_CHECK(factories_.emplace(std::move(kind), std::move(factory)).second);
}

}  // namespace parley::graph
