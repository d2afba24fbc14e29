// SPDX-License-Identifier: Apache-2.0
//
// Any text, in any language and by a lexicon: sound chunks, the same whether it comes whole, byte
// by byte or in pieces that the first byte chooses. No voice is given phonemes by it.
#include <cstdint>
#include <string_view>

#include "chunks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley::text;
  if (size == 0 || size > 20'000) return 0;
  static const Lexicon lexicon =
      *Lexicon::parse("nginx = engine x\nnew york = N Y\nDr. = doc\n好 = hao\n", "lexicon");
  const std::uint8_t choice = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  TextOptions options;
  constexpr const char* kLanguages[] = {"en", "fr", "zh", "de"};
  options.language = kLanguages[choice % 4];
  options.normalise = (choice & 4U) == 0;
  options.lexicon = (choice & 8U) == 0 ? nullptr : &lexicon;
  options.first = (choice & 16U) == 0 ? First::soon : First::like_others;
  const Outcome whole = chunks_of(text, options, std::max<std::size_t>(text.size(), 1));
  require_same(whole, chunks_of(text, options, 1));
  require_same(whole, chunks_of(text, options, 1 + choice / 32));
  for (const SpokenChunk& chunk : whole.chunks) {
    require(chunk.spoken.find('[') == std::string::npos);
  }
  return 0;
}
