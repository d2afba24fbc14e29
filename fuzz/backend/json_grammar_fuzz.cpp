// SPDX-License-Identifier: Apache-2.0
//
// The JSON Schemas that clients send with their tools, as grammars.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "backend/llama/json_grammar.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view schema(reinterpret_cast<const char*>(data), size);
  const std::string grammar = parley::backend::grammar_of_arguments(schema);
  if (!grammar.starts_with("root ::= ") || !grammar.ends_with('\n')) std::abort();
  return 0;
}
