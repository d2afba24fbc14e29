// SPDX-License-Identifier: Apache-2.0
//
// Addresses on the Internet: "https://example.com/docs", "www.example.org", "ann@example.com". They
// are read in English words whatever the language is, but for the few words of AddressWords.
//
// Threads: any (pure functions).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::text {

struct AddressWords {
  std::string_view dot = "dot";
  std::string_view at = "at";
  std::string_view slash = "slash";
  std::string_view dash = "dash";
};

/// Nothing when `core` is no address.
[[nodiscard]] std::optional<std::string> spoken_address(std::string_view core,
                                                        const AddressWords& words = {});

}  // namespace parley::text
