// SPDX-License-Identifier: Apache-2.0
//
// A model file as it may lie on a disk; what is accepted can be read to its last byte.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "backend/silero/onnx_tensors.h"
#include "backend/silero/silero_weights.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto tensors = parley::backend::read_onnx_tensors(bytes)) {
    std::size_t sum = 0;
    for (const parley::backend::OnnxTensor& tensor : *tensors) {
      if (tensor.rank > tensor.dims.size()) std::abort();
      for (const char byte : tensor.raw) sum += static_cast<unsigned char>(byte);
      sum += tensor.name.size();
    }
    if (sum > 256 * size) std::abort();
  }
  static_cast<void>(parley::backend::read_silero_weights(bytes));
  return 0;
}
