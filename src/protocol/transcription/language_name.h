// SPDX-License-Identifier: Apache-2.0
//
// Languages by code, as requests name them, and by English name, as verbose answers do.
//
// Threads: any (pure).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::protocol {

/// "en" for "en", "EN", "en-US", "english"; three letters where ISO 639-1 has none ("yue"). Nothing
/// when it is no language's code or name. That a code is well made does not say that a model knows
/// the language.
[[nodiscard]] std::optional<std::string> language_code(std::string_view text);

/// "english" for "en": the name that Whisper has for it (openai/whisper, tokenizer.py, LANGUAGES);
/// the code itself where it has none.
[[nodiscard]] std::string_view language_name(std::string_view code) noexcept;

}  // namespace parley::protocol
