// SPDX-License-Identifier: Apache-2.0
//
// How a language is called to a language model: small ones know "Spanish" better than "es".
// Threads: any (a pure function).
#pragma once

#include <string_view>

namespace parley::operators {

/// The English name of an ISO 639-1 code, or `code` itself where it is none that we know.
[[nodiscard]] std::string_view language_name(std::string_view code) noexcept;

}  // namespace parley::operators
