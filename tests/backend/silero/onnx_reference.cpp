// SPDX-License-Identifier: Apache-2.0
#include "tests/backend/silero/onnx_reference.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace parley::backend {
namespace {

constexpr std::size_t kInput = model::kVadContextSamples + model::kVadWindowSamples;
constexpr std::size_t kLayers = 2;
constexpr std::size_t kHidden = 128;
static_assert(kLayers * kHidden == model::kVadHiddenFloats);

constexpr std::array kInputNames{"input", "state", "sr"};
constexpr std::array kOutputNames{"output", "stateN"};

// What one run reads and writes; 52 KB, on the stack of the host's thread.
struct Buffers {
  std::array<float, OnnxReferenceVad::kBatchMax * kInput> input;
  std::array<float, OnnxReferenceVad::kBatchMax * model::kVadHiddenFloats> state;
  std::array<float, OnnxReferenceVad::kBatchMax * model::kVadHiddenFloats> next_state;
  std::array<float, OnnxReferenceVad::kBatchMax> probability;
};

void gather(std::span<model::VadCall* const> batch, Buffers& buffers) {
  for (std::size_t b = 0; b < batch.size(); ++b) {
    const model::VadCall& call = *batch[b];
    float* const row = buffers.input.data() + b * kInput;
    float* const window = std::copy(call.state.context.begin(), call.state.context.end(), row);
    call.copy_window(std::span<float, model::kVadWindowSamples>(window, model::kVadWindowSamples));
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      std::copy_n(call.state.hidden.data() + layer * kHidden, kHidden,
                  buffers.state.data() + (layer * batch.size() + b) * kHidden);
    }
  }
}

void scatter(std::span<model::VadCall* const> batch, const Buffers& buffers) {
  for (std::size_t b = 0; b < batch.size(); ++b) {
    model::VadCall& call = *batch[b];
    call.probability = buffers.probability[b];
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      std::copy_n(buffers.next_state.data() + (layer * batch.size() + b) * kHidden, kHidden,
                  call.state.hidden.data() + layer * kHidden);
    }
    const float* const end = buffers.input.data() + (b + 1) * kInput;
    std::copy(end - model::kVadContextSamples, end, call.state.context.begin());
  }
}

}  // namespace

Result<std::unique_ptr<OnnxReferenceVad>> OnnxReferenceVad::load(const std::string& file) {
  PARLEY_TRY(InferenceSession session,
             InferenceSession::load(file, {"input", "state", "sr"}, {"output", "stateN"}));
  return std::unique_ptr<OnnxReferenceVad>(new OnnxReferenceVad(std::move(session)));
}

void OnnxReferenceVad::infer(std::span<model::VadCall* const> batch) noexcept {
  while (!batch.empty()) {
    const std::size_t count = std::min(batch.size(), kBatchMax);
    const Status status = infer_part(batch.first(count));
    for (model::VadCall* call : batch.first(count)) call->status = status;
    batch = batch.subspan(count);
  }
}

Status OnnxReferenceVad::infer_part(std::span<model::VadCall* const> batch) const {
  Buffers buffers;
  gather(batch, buffers);
  const auto count = static_cast<std::int64_t>(batch.size());
  const std::array<std::int64_t, 2> input_shape{count, static_cast<std::int64_t>(kInput)};
  const std::array<std::int64_t, 3> state_shape{static_cast<std::int64_t>(kLayers), count,
                                                static_cast<std::int64_t>(kHidden)};
  const std::array<std::int64_t, 2> probability_shape{count, 1};
  std::int64_t rate = model::kVadRate;
  const std::size_t state_floats = batch.size() * model::kVadHiddenFloats;

  PARLEY_TRY(const OrtValuePtr input,
             tensor(std::span(buffers.input).first(batch.size() * kInput), input_shape));
  PARLEY_TRY(const OrtValuePtr state,
             tensor(std::span(buffers.state).first(state_floats), state_shape));
  PARLEY_TRY(const OrtValuePtr sample_rate, tensor(std::span(&rate, 1), {}));
  PARLEY_TRY(const OrtValuePtr probability,
             tensor(std::span(buffers.probability).first(batch.size()), probability_shape));
  PARLEY_TRY(const OrtValuePtr next_state,
             tensor(std::span(buffers.next_state).first(state_floats), state_shape));

  const std::array<const OrtValue*, 3> in{input.get(), state.get(), sample_rate.get()};
  std::array<OrtValue*, 2> out{probability.get(), next_state.get()};
  PARLEY_TRY_STATUS(session_.run(nullptr, kInputNames, in, kOutputNames, out));
  scatter(batch, buffers);
  return {};
}

}  // namespace parley::backend
