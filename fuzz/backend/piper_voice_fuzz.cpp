// SPDX-License-Identifier: Apache-2.0
//
// A voice.json as it may lie on a disk; a voice that is accepted can read anything.
#include <cstdint>
#include <string_view>

#include "backend/onnx/piper_voice.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto voice = parley::backend::PiperVoice::parse(bytes);
  if (voice) static_cast<void>(voice->ids(bytes));
  return 0;
}
