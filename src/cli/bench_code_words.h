// SPDX-License-Identifier: Apache-2.0
//
// Code words show that nobody hears another session's reply: each session's instructions carry a
// word of its own, a scripted endpoint puts it into the reply, and the reply's audio, transcribed,
// must have that word and no other session's.
//
// Threads: any (pure); `check_code_words` blocks on its callback.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/bench_report.h"

namespace parley::cli {

/// Nouns that our recognition hears right in our voice.
[[nodiscard]] std::span<const std::string_view> code_words();

/// What is wrong with a reply that was heard as `heard` in the session of `words[own]`; empty:
/// nothing. Case and punctuation do not count.
[[nodiscard]] std::string code_word_problem(std::string_view heard,
                                            std::span<const std::string_view> words,
                                            std::size_t own);

/// What a reply's audio (pcm16 at kBenchRate) says.
using TranscribeReply = std::function<Result<std::string>(std::span<const std::byte> pcm16)>;

/// Checks every turn that was answered and kept its audio. Session i has the i-th word.
[[nodiscard]] Result<BenchCodeWords> check_code_words(std::span<const BenchTurn> turns,
                                                      std::size_t sessions,
                                                      const TranscribeReply& transcribe);

}  // namespace parley::cli
