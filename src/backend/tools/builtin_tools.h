// SPDX-License-Identifier: Apache-2.0
//
// The functions that Parley brings along: the time, timers, sums, and notes of a session. Each
// output is a sentence that can be said as it is. A call is done before `submit` returns.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/tool_host.h"

namespace parley::backend {

/// Of one session; the oldest goes first.
inline constexpr std::size_t kNotesMax = 64;
/// Of one note, in bytes; the rest is cut off.
inline constexpr std::size_t kNoteBytesMax = 400;

struct BuiltinSet {
  bool time = true;
  bool timer = true;
  bool calculator = true;
  bool memory = true;
};

class BuiltinTools final : public model::ToolHost {
 public:
  /// The clock outlives it.
  BuiltinTools(BuiltinSet set, const Clock& clock);

  [[nodiscard]] std::span<const model::LlmTool> tools() const noexcept override { return tools_; }
  bool submit(std::shared_ptr<model::ToolCall> call) override;
  void forget(std::uint64_t session) noexcept override;

  /// True for a function of any set.
  [[nodiscard]] static bool is_builtin(std::string_view name);

 private:
  [[nodiscard]] Status run(model::ToolCall& call);
  void remember(std::uint64_t session, std::string fact);
  [[nodiscard]] std::string recall(std::uint64_t session, std::string_view about) const;

  const Clock& clock_;
  std::vector<model::LlmTool> tools_;
  mutable std::mutex mutex_;                                 // held for a look or a move
  std::map<std::uint64_t, std::vector<std::string>> notes_;  // GUARDED_BY(mutex_), by session
};

/// How an alarm's text begins; the rest is to be said.
inline constexpr std::string_view kSayPrefix = "Say this to the user now: ";

}  // namespace parley::backend
