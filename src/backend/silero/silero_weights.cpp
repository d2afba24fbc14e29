// SPDX-License-Identifier: Apache-2.0
#include "backend/silero/silero_weights.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <numbers>
#include <utility>

#include "backend/silero/onnx_tensors.h"

namespace parley::backend {
namespace {

static_assert(std::endian::native == std::endian::little, "raw data of ONNX is little-endian");

Error another(const std::string& what) {
  return {ErrorCode::data_corrupt, "not the expected model: " + what};
}

class Table {
 public:
  explicit Table(std::vector<OnnxTensor> tensors) : tensors_(std::move(tensors)) {}

  [[nodiscard]] Result<std::vector<float>> take(const std::string& name,
                                                std::initializer_list<std::size_t> shape) const {
    const auto found = std::find_if(tensors_.begin(), tensors_.end(),
                                    [&](const OnnxTensor& tensor) { return tensor.name == name; });
    if (found == tensors_.end()) return another("no weights '" + name + "'");
    std::size_t count = 1;
    for (const std::size_t dimension : shape) count *= dimension;
    const bool has_shape =
        found->rank == shape.size() &&
        std::equal(shape.begin(), shape.end(), found->dims.begin(),
                   [](std::size_t want, std::int64_t is) { return std::cmp_equal(want, is); });
    if (!has_shape || found->raw.size() != count * sizeof(float)) {
      return another("the shape of '" + name + "'");
    }
    std::vector<float> values(count);
    std::memcpy(values.data(), found->raw.data(), found->raw.size());
    if (!std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); })) {
      return another("a number in '" + name + "' that is none");
    }
    return values;
  }

 private:
  std::vector<OnnxTensor> tensors_;
};

/// The file has the transform as a matrix, [258][256]: 129 rows of cosines, 129 of negative sines,
/// each times the window. We do it as a fast one, and so look whether it is that.
Result<std::vector<float>> window_of(const std::vector<float>& basis) {
  constexpr double kTolerance = 1e-6;  // the file's own numbers are exact to 6e-8
  std::vector<float> window(basis.begin(), basis.begin() + kSileroFrame);
  for (std::size_t k = 0; k < kSileroBins; ++k) {
    for (std::size_t n = 0; n < kSileroFrame; ++n) {
      const double angle = 2.0 * std::numbers::pi * static_cast<double>(k * n % kSileroFrame) /
                           static_cast<double>(kSileroFrame);
      const double cosine = static_cast<double>(basis[k * kSileroFrame + n]);
      const double sine = static_cast<double>(basis[(k + kSileroBins) * kSileroFrame + n]);
      const auto scale = static_cast<double>(window[n]);
      if (std::abs(cosine - scale * std::cos(angle)) > kTolerance ||
          std::abs(sine + scale * std::sin(angle)) > kTolerance) {
        return another("its transform is not a windowed Fourier transform");
      }
    }
  }
  return window;
}

}  // namespace

Result<SileroWeights> read_silero_weights(std::string_view bytes) {
  PARLEY_TRY(std::vector<OnnxTensor> tensors, read_onnx_tensors(bytes));
  const Table table(std::move(tensors));
  SileroWeights weights;
  PARLEY_TRY(const std::vector<float> basis,
             table.take("model.stft.forward_basis_buffer", {2 * kSileroBins, 1, kSileroFrame}));
  PARLEY_TRY(weights.window, window_of(basis));
  for (std::size_t i = 0; i < std::size(weights.encoder); ++i) {
    SileroLayer& layer = weights.encoder[i];
    const std::string name = "model.encoder." + std::to_string(i) + ".reparam_conv.";
    PARLEY_TRY(layer.weights, table.take(name + "weight", {layer.to, layer.from, kSileroTaps}));
    PARLEY_TRY(layer.bias, table.take(name + "bias", {layer.to}));
  }
  const std::string rnn = "model.decoder.rnn.";
  PARLEY_TRY(weights.input_weights, table.take(rnn + "weight_ih", {kSileroGates, kSileroHidden}));
  PARLEY_TRY(weights.hidden_weights, table.take(rnn + "weight_hh", {kSileroGates, kSileroHidden}));
  PARLEY_TRY(weights.gate_bias, table.take(rnn + "bias_ih", {kSileroGates}));
  PARLEY_TRY(const std::vector<float> bias, table.take(rnn + "bias_hh", {kSileroGates}));
  for (std::size_t i = 0; i < kSileroGates; ++i) weights.gate_bias[i] += bias[i];
  const std::string out = "model.decoder.decoder.2.";
  PARLEY_TRY(weights.out_weights, table.take(out + "weight", {1, kSileroHidden, 1}));
  PARLEY_TRY(const std::vector<float> out_bias, table.take(out + "bias", {1}));
  weights.out_bias = out_bias.front();
  return weights;
}

}  // namespace parley::backend
