// SPDX-License-Identifier: Apache-2.0
//
// An operator that owns what it otherwise borrows: in a conversation the settings belong to the
// session and change while it runs, in a graph file they belong to the operator.
//
//   std::make_unique<WithSettings<VadOperator, TurnSettings>>(settings, host);
//
// Threads: strand.
#pragma once

#include <utility>

namespace parley::operators {

/// A base, so that the settings are there before the operator that refers to them.
template <typename Settings>
struct SettingsOwner {
  Settings settings;
};

/// `Op`'s constructor takes `args` and then a `const Settings&`.
template <typename Op, typename Settings>
class WithSettings final : private SettingsOwner<Settings>, public Op {
 public:
  template <typename... Args>
  explicit WithSettings(Settings given, Args&&... args)
      : SettingsOwner<Settings>{std::move(given)},
        Op(std::forward<Args>(args)..., SettingsOwner<Settings>::settings) {}
};

}  // namespace parley::operators
