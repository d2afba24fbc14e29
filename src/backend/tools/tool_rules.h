// SPDX-License-Identifier: Apache-2.0
//
// When somebody asks for a built-in function in so many words. For language models that are too
// small to decide; English only. Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/llm_model.h"

namespace parley::backend {

/// Longest timer, in seconds.
inline constexpr std::int64_t kTimerSecondsMax = 86'400;

/// The call (without an id) that `text` asks for; nothing when it asks for none.
[[nodiscard]] std::optional<model::LlmToolCall> find_builtin_call(std::string_view text);

/// A stretch of time in seconds: "five minutes", "an hour and a half", "90 seconds". Nothing, and
/// `at` as it was, where there is none.
[[nodiscard]] std::optional<std::int64_t> take_duration(const std::vector<std::string>& words,
                                                        std::size_t& at);
/// "5 minutes", "1 hour and 30 minutes".
[[nodiscard]] std::string duration_text(std::int64_t seconds);

}  // namespace parley::backend
