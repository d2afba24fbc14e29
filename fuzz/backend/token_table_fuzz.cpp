// SPDX-License-Identifier: Apache-2.0
//
// A tokenizer.bin as it may lie on a disk. Whatever it holds, every id has a text or none.
#include <array>
#include <cstdint>
#include <string>

#include "backend/onnx/token_table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto table =
      parley::backend::TokenTable::parse(std::string(reinterpret_cast<const char*>(data), size));
  if (!table) return 0;
  for (std::size_t id = 0; id <= table->size(); ++id) {
    const std::array<std::int64_t, 2> ids{static_cast<std::int64_t>(id), -1};
    static_cast<void>(table->text(ids));
  }
  return 0;
}
