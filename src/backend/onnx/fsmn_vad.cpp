// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/fsmn_vad.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>

namespace parley::backend {
namespace {

constexpr std::array kInputNames{"speech", "in_cache0", "in_cache1", "in_cache2", "in_cache3"};
// Of a whole recording, at a time; FunASR's own step. A minute of posteriors is 6 MB.
constexpr std::size_t kFramesAtOnce = 6'000;
constexpr std::uintmax_t kCmvnBytesMax = 1U << 20U;
// Speech for FunASR is 0.8 of speech and 0.2 of silence, or more.
constexpr double kOdds = 4.0;

struct FsmnMemory final : model::VadMemory {
  FsmnTail tail;
  FsmnCaches caches{};
};

Result<std::string> read_text(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return Error{ErrorCode::not_found, file + ": there is no such file"};
  }
  if (std::filesystem::file_size(file, error) > kCmvnBytesMax || error) {
    return Error{ErrorCode::data_corrupt, file + ": too large"};
  }
  std::ifstream in(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad() || !in.is_open()) return Error{ErrorCode::not_found, file + ": cannot be read"};
  return text;
}

std::string model_file(const std::string& folder) {
  std::error_code error;
  const std::string theirs = folder + "/model.onnx";
  return std::filesystem::exists(theirs, error) ? theirs : folder + "/fsmnvad-online.onnx";
}

float speech_of(std::span<const float> silence) {
  if (silence.empty()) return 0.0F;
  const double sum = std::accumulate(silence.begin(), silence.end(), 0.0);
  const double speech = 1.0 - sum / static_cast<double>(silence.size());
  return static_cast<float>(speech / (speech + kOdds * (1.0 - speech)));
}

}  // namespace

Result<std::unique_ptr<FsmnVad>> FsmnVad::load(const std::string& folder) {
  PARLEY_TRY(
      InferenceSession session,
      InferenceSession::load(model_file(folder),
                             {"speech", "in_cache0", "in_cache1", "in_cache2", "in_cache3"}, {}));
  if (session.outputs().size() != 1 + kFsmnCaches) {
    return Error{ErrorCode::data_corrupt, session.file() + ": not the expected model: it has " +
                                              std::to_string(session.outputs().size()) +
                                              " outputs, not the posteriors and 4 caches"};
  }
  const std::string cmvn_file = folder + "/am.mvn";
  PARLEY_TRY(const std::string text, read_text(cmvn_file));
  auto cmvn = read_kaldi_cmvn(text, kFsmnInput);
  if (!cmvn) return cmvn.error().with_context(cmvn_file);
  PARLEY_TRY(FsmnFeatures features, FsmnFeatures::make(*std::move(cmvn)));
  std::unique_ptr<FsmnVad> made(new FsmnVad(std::move(session), std::move(features)));
  // A first run proves that the file is the model it should be, and warms the session up.
  const auto probe = made->silence(std::vector<float>(model::kVadRate / 10));
  if (!probe) return probe.error().with_context(made->session_.file());
  return made;
}

void FsmnVad::infer(std::span<model::VadCall* const> batch) noexcept {
  FsmnFeatures features = features_;
  std::vector<float> rows;
  for (model::VadCall* const call : batch) call->status = hear(*call, features, rows);
}

Status FsmnVad::hear(model::VadCall& call, FsmnFeatures& features, std::vector<float>& rows) const {
  if (!call.state.memory) call.state.memory = std::make_unique<FsmnMemory>();
  auto& memory = static_cast<FsmnMemory&>(*call.state.memory);
  std::array<float, model::kVadWindowSamples> window;
  call.copy_window(window);
  rows.clear();
  features.add(window, memory.tail, rows);
  std::vector<float> silence;
  if (!rows.empty()) {
    PARLEY_TRY_STATUS(run(rows, memory.caches, silence));
  }
  call.probability = speech_of(silence);
  if (std::isfinite(call.probability)) return {};
  call.probability = 0.0F;
  call.state = {};  // it would never be a number again
  return Error{ErrorCode::invalid_argument, "samples that are no numbers"};
}

Status FsmnVad::run(std::span<float> rows, FsmnCaches& caches, std::vector<float>& out) const {
  const std::size_t frames = rows.size() / kFsmnInput;
  const std::array<std::int64_t, 3> rows_shape{1, static_cast<std::int64_t>(frames),
                                               static_cast<std::int64_t>(kFsmnInput)};
  const std::array<std::int64_t, 4> cache_shape{1, 128, 19, 1};
  std::array<OrtValuePtr, 1 + kFsmnCaches> in_values;
  PARLEY_TRY(in_values[0], tensor(rows, rows_shape));
  for (std::size_t i = 0; i < kFsmnCaches; ++i) {
    PARLEY_TRY(in_values[1 + i], tensor(std::span(caches[i]), cache_shape));
  }
  std::array<const OrtValue*, 1 + kFsmnCaches> in{};
  std::array<const char*, 1 + kFsmnCaches> out_names{};
  std::array<OrtValue*, 1 + kFsmnCaches> out_raw{};
  for (std::size_t i = 0; i < in.size(); ++i) {
    in[i] = in_values[i].get();
    out_names[i] = session_.outputs()[i].c_str();
  }
  const Status status = session_.run(nullptr, kInputNames, in, out_names, out_raw);
  std::array<OrtValuePtr, 1 + kFsmnCaches> out_values;
  for (std::size_t i = 0; i < out_raw.size(); ++i) out_values[i].reset(out_raw[i]);
  PARLEY_TRY_STATUS(status);

  PARLEY_TRY(const std::span<const float> posteriors, floats(*out_values[0]));
  if (posteriors.empty() || posteriors.size() % frames != 0) {
    return Error{ErrorCode::data_corrupt, "not one row of posteriors for each frame"};
  }
  std::array<std::span<const float>, kFsmnCaches> next;
  for (std::size_t i = 0; i < kFsmnCaches; ++i) {
    PARLEY_TRY(next[i], floats(*out_values[1 + i]));
    if (next[i].size() != kFsmnCacheFloats) {
      return Error{ErrorCode::data_corrupt, "a cache of another size"};
    }
  }
  for (std::size_t i = 0; i < kFsmnCaches; ++i) std::ranges::copy(next[i], caches[i].begin());
  const std::size_t width = posteriors.size() / frames;
  for (std::size_t frame = 0; frame < frames; ++frame) out.push_back(posteriors[frame * width]);
  return {};
}

Result<std::vector<float>> FsmnVad::silence(std::span<const float> samples) const {
  FsmnFeatures features = features_;
  FsmnTail tail;
  const auto caches = std::make_unique<FsmnCaches>();
  std::vector<float> rows;
  std::vector<float> out;
  while (true) {
    const std::span<const float> piece =
        samples.first(std::min(samples.size(), kFramesAtOnce * kFsmnHop));
    samples = samples.subspan(piece.size());
    rows.clear();
    features.add(piece, tail, rows);
    if (samples.empty()) features.finish(tail, rows);
    if (!rows.empty()) {
      PARLEY_TRY_STATUS(run(rows, *caches, out));
    }
    if (samples.empty()) return out;
  }
}

Result<std::vector<FsmnSegment>> FsmnVad::segments(std::span<const float> samples,
                                                   const FsmnSegmenterOptions& options) const {
  PARLEY_TRY(const std::vector<float> posteriors, silence(samples));
  FsmnSegmenter segmenter(options);
  std::vector<FsmnSegment> found;
  for (const float one : posteriors) {
    if (const auto segment = segmenter.hear(one)) found.push_back(*segment);
  }
  if (const auto segment = segmenter.finish()) found.push_back(*segment);
  return found;
}

}  // namespace parley::backend
