// SPDX-License-Identifier: Apache-2.0
#include "backend/silero/silero_vad.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace parley::backend {
namespace {

static_assert(kSileroInput == model::kVadContextSamples + model::kVadWindowSamples);
static_assert(2 * kSileroHidden == model::kVadHiddenFloats);

constexpr std::uintmax_t kFileBytesMax = 64U << 20U;  // 50 times the file that we know

Result<std::string> read_whole(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return Error{ErrorCode::not_found, file + ": there is no such file"};
  }
  if (std::filesystem::file_size(file, error) > kFileBytesMax || error) {
    return Error{ErrorCode::data_corrupt, file + ": not the expected model: too large"};
  }
  std::ifstream in(file, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad() || !in.is_open()) {
    return Error{ErrorCode::not_found, file + ": cannot be read"};
  }
  return bytes;
}

void gather(const model::VadCall& call, SileroScratch& scratch, std::size_t at) {
  float* const window =
      std::copy(call.state.context.begin(), call.state.context.end(), scratch.input[at]);
  call.copy_window(std::span<float, model::kVadWindowSamples>(window, model::kVadWindowSamples));
  const float* const hidden = call.state.hidden.data();
  std::copy_n(hidden, kSileroHidden, scratch.hidden[at]);
  std::copy_n(hidden + kSileroHidden, kSileroHidden, scratch.cell[at]);
}

void scatter(const SileroScratch& scratch, std::size_t at, model::VadCall& call) {
  call.probability = scratch.probability[at];
  float* const hidden = call.state.hidden.data();
  std::copy_n(scratch.hidden[at], kSileroHidden, hidden);
  std::copy_n(scratch.cell[at], kSileroHidden, hidden + kSileroHidden);
  std::copy_n(scratch.input[at] + kSileroInput - model::kVadContextSamples,
              model::kVadContextSamples, call.state.context.begin());
  call.status = Status();
}

}  // namespace

Result<std::unique_ptr<SileroVad>> SileroVad::load(const std::string& file) {
  PARLEY_TRY(const std::string bytes, read_whole(file));
  const Result<SileroWeights> weights = read_silero_weights(bytes);
  if (!weights) return weights.error().with_context(file);
  return std::make_unique<SileroVad>(*weights, silero_kernels().front());
}

void SileroVad::infer(std::span<model::VadCall* const> batch) noexcept {
  for (; !batch.empty(); batch = batch.subspan(std::min(batch.size(), kSileroBatch))) {
    infer_part(batch.first(std::min(batch.size(), kSileroBatch)));
  }
}

void SileroVad::infer_part(std::span<model::VadCall* const> batch) const noexcept {
  SileroScratch scratch;  // 150 KB, on the stack of the host's thread; written before it is read
  for (std::size_t i = 0; i < batch.size(); ++i) gather(*batch[i], scratch, i);
  kernel_.run(weights_, scratch, batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) scatter(scratch, i, *batch[i]);
}

}  // namespace parley::backend
