// SPDX-License-Identifier: Apache-2.0
//
// A symbol table as it may lie on a disk, and the tags that its symbols may put into a text.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "operators/decode/symbols.h"
#include "operators/decode/transcript_labels.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using parley::operators::Symbols;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string text(bytes);
  static_cast<void>(parley::operators::take_labels(text));
  const auto symbols = Symbols::parse(bytes, "fuzz");
  if (!symbols) return 0;
  std::vector<std::int32_t> labels;
  for (std::size_t i = 0; i <= symbols->count() && i < 1'000; ++i) {
    labels.push_back(static_cast<std::int32_t>(i));
  }
  for (const auto kind :
       {parley::operators::SymbolKind::pieces, parley::operators::SymbolKind::words}) {
    text.clear();
    symbols->append(labels, kind, text);
    static_cast<void>(parley::operators::take_labels(text));
  }
  return 0;
}
