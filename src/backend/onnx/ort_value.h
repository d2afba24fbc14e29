// SPDX-License-Identifier: Apache-2.0
//
// ONNX Runtime's C API with owners and Results. The C API, because it is the one that is stable
// across releases and string ABIs.
//
//   PARLEY_TRY(OrtValuePtr input, tensor(samples, std::array<std::int64_t, 2>{1, 576}));
//
// Threads: any; a value has one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <onnxruntime_c_api.h>

#include "base/result.h"

namespace parley::backend {

/// The table of functions; aborts when the library is older than the header.
[[nodiscard]] const OrtApi& ort() noexcept;

struct OrtRelease {
  void operator()(OrtValue* value) const noexcept { ort().ReleaseValue(value); }
  void operator()(OrtSession* session) const noexcept { ort().ReleaseSession(session); }
  void operator()(OrtRunOptions* options) const noexcept { ort().ReleaseRunOptions(options); }
  void operator()(OrtSessionOptions* options) const noexcept {
    ort().ReleaseSessionOptions(options);
  }
};
using OrtValuePtr = std::unique_ptr<OrtValue, OrtRelease>;

/// A tensor that looks at the caller's values, which must outlive it; `shape` multiplies to their
/// number.
[[nodiscard]] Result<OrtValuePtr> tensor(std::span<float> values,
                                         std::span<const std::int64_t> shape);
[[nodiscard]] Result<OrtValuePtr> tensor(std::span<std::int64_t> values,
                                         std::span<const std::int64_t> shape);
[[nodiscard]] Result<OrtValuePtr> tensor(std::span<bool> values,
                                         std::span<const std::int64_t> shape);

/// A tensor of any type that looks at the caller's bytes. A run does not write to its inputs, so
/// they may be const.
[[nodiscard]] Result<OrtValuePtr> tensor_view(std::span<const std::byte> bytes,
                                              std::span<const std::int64_t> shape,
                                              ONNXTensorElementDataType element);

/// A tensor of floats that owns its values, which are not initialised.
[[nodiscard]] Result<OrtValuePtr> new_float_tensor(std::span<const std::int64_t> shape);
/// The floats of a tensor of our own, to write to.
[[nodiscard]] Result<std::span<float>> mutable_floats(OrtValue& value);

/// The floats of a tensor that a run made; valid as long as the value.
[[nodiscard]] Result<std::span<const float>> floats(const OrtValue& value);
[[nodiscard]] Result<std::vector<std::int64_t>> shape_of(const OrtValue& value);
/// The `size` bytes of a tensor that a run made; valid as long as the value.
[[nodiscard]] Result<std::span<const std::byte>> bytes_of(const OrtValue& value, std::size_t size);

/// Takes and releases `status`; null is success.
[[nodiscard]] Status to_status(OrtStatus* status);

}  // namespace parley::backend
