// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/ort_providers.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <string_view>

namespace parley::backend {
namespace {

constexpr std::string_view kSuffix = "ExecutionProvider";

/// "CUDAExecutionProvider" → "cuda".
std::string our_name(std::string_view name) {
  if (name.ends_with(kSuffix)) name.remove_suffix(kSuffix.size());
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return lower;
}

Error refused(const std::string& provider, const Status& why) {
  return {ErrorCode::unavailable,
          "provider '" + provider + "' does not start: " + why.error().message};
}

Status add_cuda(OrtSessionOptions& options, const std::string& device) {
  OrtCUDAProviderOptionsV2* raw = nullptr;
  PARLEY_TRY_STATUS(to_status(ort().CreateCUDAProviderOptions(&raw)));
  const std::unique_ptr<OrtCUDAProviderOptionsV2, decltype(ort().ReleaseCUDAProviderOptions)> cuda(
      raw, ort().ReleaseCUDAProviderOptions);
  const std::array<const char*, 1> keys{"device_id"};
  const std::array<const char*, 1> values{device.c_str()};
  PARLEY_TRY_STATUS(
      to_status(ort().UpdateCUDAProviderOptions(raw, keys.data(), values.data(), keys.size())));
  return to_status(ort().SessionOptionsAppendExecutionProvider_CUDA_V2(&options, raw));
}

Status add_tensorrt(OrtSessionOptions& options, const std::string& device) {
  OrtTensorRTProviderOptionsV2* raw = nullptr;
  PARLEY_TRY_STATUS(to_status(ort().CreateTensorRTProviderOptions(&raw)));
  const std::unique_ptr<OrtTensorRTProviderOptionsV2,
                        decltype(ort().ReleaseTensorRTProviderOptions)>
      tensorrt(raw, ort().ReleaseTensorRTProviderOptions);
  const std::array<const char*, 1> keys{"device_id"};
  const std::array<const char*, 1> values{device.c_str()};
  PARLEY_TRY_STATUS(
      to_status(ort().UpdateTensorRTProviderOptions(raw, keys.data(), values.data(), keys.size())));
  return to_status(ort().SessionOptionsAppendExecutionProvider_TensorRT_V2(&options, raw));
}

/// One thread per core. The first is the caller's, who pins it; ONNX Runtime makes the others.
Status set_threads(OrtSessionOptions& options, const std::vector<int>& cores) {
  const auto threads = static_cast<int>(std::max<std::size_t>(cores.size(), 1));
  PARLEY_TRY_STATUS(to_status(ort().SetIntraOpNumThreads(&options, threads)));
  std::string places;  // it counts cores from 1
  for (std::size_t i = 1; i < cores.size(); ++i) {
    places += (i == 1 ? "" : ";") + std::to_string(cores[i] + 1);
  }
  if (places.empty()) return {};
  return to_status(
      ort().AddSessionConfigEntry(&options, "session.intra_op_thread_affinities", places.c_str()));
}

}  // namespace

std::vector<std::string> available_providers() {
  char** names = nullptr;
  int count = 0;
  std::vector<std::string> providers{"cpu"};
  if (!to_status(ort().GetAvailableProviders(&names, &count))) return providers;
  for (int i = 0; i < count; ++i) {
    std::string name = our_name(names[i]);
    if (name != "cpu") providers.push_back(std::move(name));
  }
  static_cast<void>(to_status(ort().ReleaseAvailableProviders(names, count)));
  return providers;
}

Status place(OrtSessionOptions& options, const model::Placement& placement) {
  PARLEY_TRY_STATUS(set_threads(options, placement.cores));
  const std::string& provider = placement.provider;
  if (provider == "cpu") return {};
  const std::vector<std::string> available = available_providers();
  if (std::find(available.begin(), available.end(), provider) == available.end()) {
    std::string list;
    for (const std::string& name : available) list += (list.empty() ? "" : ", ") + name;
    return Error{
        ErrorCode::invalid_argument,
        "provider '" + provider + "' is not in this build of ONNX Runtime; available: " + list +
            ". Choose one of these, or put an ONNX Runtime that has it in this one's place"};
  }
  const std::string device = std::to_string(placement.gpu);
  if (provider == "tensorrt") {
    if (const Status added = add_tensorrt(options, device); !added) return refused(provider, added);
  }
  // TensorRT leaves to CUDA what it cannot do itself.
  if (provider == "tensorrt" || provider == "cuda") {
    if (const Status added = add_cuda(options, device); !added) return refused(provider, added);
    return {};
  }
  return Error{ErrorCode::invalid_argument,
               "provider '" + provider + "' cannot be chosen: only cpu, cuda and tensorrt can"};
}

}  // namespace parley::backend
