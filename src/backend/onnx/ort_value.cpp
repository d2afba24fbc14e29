// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/ort_value.h"

#include <string>

#include "base/check.h"

namespace parley::backend {
namespace {

template <typename T>
Result<OrtValuePtr> view(std::span<T> values, std::span<const std::int64_t> shape,
                         ONNXTensorElementDataType type) {
  static const OrtMemoryInfo* const memory = [] {
    OrtMemoryInfo* info = nullptr;
    PARLEY_CHECK(ort().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &info) == nullptr);
    return info;
  }();
  OrtValue* value = nullptr;
  PARLEY_TRY_STATUS(to_status(ort().CreateTensorWithDataAsOrtValue(
      memory, values.data(), values.size_bytes(), shape.data(), shape.size(), type, &value)));
  return OrtValuePtr(value);
}

}  // namespace

const OrtApi& ort() noexcept {
  static const OrtApi* const api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
  PARLEY_CHECK(api != nullptr);
  return *api;
}

Result<OrtValuePtr> tensor(std::span<float> values, std::span<const std::int64_t> shape) {
  return view(values, shape, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT);
}
Result<OrtValuePtr> tensor(std::span<std::int64_t> values, std::span<const std::int64_t> shape) {
  return view(values, shape, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64);
}
Result<OrtValuePtr> tensor(std::span<bool> values, std::span<const std::int64_t> shape) {
  return view(values, shape, ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL);
}

Result<OrtValuePtr> tensor_view(std::span<const std::byte> bytes,
                                std::span<const std::int64_t> shape,
                                ONNXTensorElementDataType element) {
  // The C API knows no const data.
  return view(std::span(const_cast<std::byte*>(bytes.data()), bytes.size()), shape, element);
}

Result<std::span<const std::byte>> bytes_of(const OrtValue& value, std::size_t size) {
  void* data = nullptr;
  // The C API gives mutable data of a mutable value; we only look.
  PARLEY_TRY_STATUS(to_status(ort().GetTensorMutableData(const_cast<OrtValue*>(&value), &data)));
  return std::span<const std::byte>(static_cast<const std::byte*>(data), size);
}

Result<OrtValuePtr> new_float_tensor(std::span<const std::int64_t> shape) {
  OrtAllocator* allocator = nullptr;  // ONNX Runtime's own; nobody frees it
  PARLEY_TRY_STATUS(to_status(ort().GetAllocatorWithDefaultOptions(&allocator)));
  OrtValue* value = nullptr;
  PARLEY_TRY_STATUS(to_status(ort().CreateTensorAsOrtValue(
      allocator, shape.data(), shape.size(), ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &value)));
  return OrtValuePtr(value);
}

Result<std::vector<std::int64_t>> shape_of(const OrtValue& value) {
  OrtTensorTypeAndShapeInfo* info = nullptr;
  PARLEY_TRY_STATUS(to_status(ort().GetTensorTypeAndShape(&value, &info)));
  std::size_t count = 0;
  Status status = to_status(ort().GetDimensionsCount(info, &count));
  std::vector<std::int64_t> shape(count);
  if (status) status = to_status(ort().GetDimensions(info, shape.data(), count));
  ort().ReleaseTensorTypeAndShapeInfo(info);
  if (!status) return status.error();
  return shape;
}

Result<std::span<float>> mutable_floats(OrtValue& value) {
  PARLEY_TRY(const auto shape, shape_of(value));
  std::size_t count = 1;
  for (const std::int64_t dimension : shape) count *= static_cast<std::size_t>(dimension);
  void* data = nullptr;
  PARLEY_TRY_STATUS(to_status(ort().GetTensorMutableData(&value, &data)));
  return std::span<float>(static_cast<float*>(data), count);
}

Result<std::span<const float>> floats(const OrtValue& value) {
  // The C API gives mutable data of a mutable value; we only look.
  PARLEY_TRY(const std::span<float> values, mutable_floats(const_cast<OrtValue&>(value)));
  return std::span<const float>(values);
}

Status to_status(OrtStatus* status) {
  if (status == nullptr) return {};
  const OrtErrorCode code = ort().GetErrorCode(status);
  Error error{ErrorCode::internal, std::string("ONNX Runtime: ") + ort().GetErrorMessage(status)};
  switch (code) {
    case ORT_NO_SUCHFILE:
      error.code = ErrorCode::not_found;
      break;
    case ORT_INVALID_PROTOBUF:
    case ORT_INVALID_GRAPH:
    case ORT_NO_MODEL:
      error.code = ErrorCode::data_corrupt;
      break;
    case ORT_INVALID_ARGUMENT:
      error.code = ErrorCode::invalid_argument;
      break;
    default:
      break;
  }
  ort().ReleaseStatus(status);
  return error;
}

}  // namespace parley::backend
