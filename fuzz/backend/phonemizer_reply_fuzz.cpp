// SPDX-License-Identifier: Apache-2.0
//
// What a program in the phonemizer's place could say, whole and byte by byte.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "backend/phonemizer/phonemizer_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = parley::backend::parse_phonemizer_reply(bytes);
  if (!whole || !*whole) return 0;
  // A reply that is whole was not whole one byte earlier, and never wrong on the way.
  for (std::size_t length = 0; length < size; ++length) {
    const auto part = parley::backend::parse_phonemizer_reply(bytes.substr(0, length));
    if (!part || *part) std::abort();
  }
  return 0;
}
