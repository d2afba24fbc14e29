// SPDX-License-Identifier: Apache-2.0
//
// Any text as SSML: sound chunks or an error, the same whether it comes whole or byte by byte.
#include <cstdint>
#include <string_view>

#include "chunks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley::text;
  if (size == 0 || size > 20'000) return 0;
  const std::uint8_t choice = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  TextOptions options;
  constexpr const char* kLanguages[] = {"en", "fr", "zh", "de"};
  options.language = kLanguages[choice % 4];
  options.ssml = true;
  const Outcome whole = chunks_of(text, options, std::max<std::size_t>(text.size(), 1));
  require_same(whole, chunks_of(text, options, 1));
  require_same(whole, chunks_of(text, options, 1 + choice / 32));
  return 0;
}
