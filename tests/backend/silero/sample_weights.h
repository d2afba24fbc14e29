// SPDX-License-Identifier: Apache-2.0
//
// Weights of the right shapes and of no meaning, and the file that holds them: the tests of the
// kernels need no model.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "backend/silero/silero_weights.h"
#include "tests/backend/onnx/onnx_writer.h"

namespace parley::test {

inline std::vector<float> normal_floats(std::mt19937& random, std::size_t count, double scale) {
  std::normal_distribution<double> normal(0.0, scale);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(normal(random));
  return values;
}

/// Scaled so that the layers neither die out nor saturate.
inline backend::SileroWeights sample_silero_weights(unsigned seed) {
  std::mt19937 random(seed);
  backend::SileroWeights weights;
  for (std::size_t n = 0; n < backend::kSileroFrame; ++n) {
    const double angle = 2.0 * std::numbers::pi * static_cast<double>(n) / backend::kSileroFrame;
    weights.window.push_back(static_cast<float>(0.5 - 0.5 * std::cos(angle)));
  }
  for (backend::SileroLayer& layer : weights.encoder) {
    const double inputs = static_cast<double>(backend::kSileroTaps * layer.from);
    layer.weights = normal_floats(random, backend::kSileroTaps * layer.from * layer.to,
                                  1.5 / std::sqrt(inputs));
    layer.bias = normal_floats(random, layer.to, 0.3);
  }
  constexpr std::size_t kMatrix = backend::kSileroGates * backend::kSileroHidden;
  weights.input_weights = normal_floats(random, kMatrix, 0.15);
  weights.hidden_weights = normal_floats(random, kMatrix, 0.15);
  weights.gate_bias = normal_floats(random, backend::kSileroGates, 0.3);
  weights.out_weights = normal_floats(random, backend::kSileroHidden, 0.3);
  weights.out_bias = 0.1F;
  return weights;
}

inline Protobuf silero_tensor(const std::string& name, const std::vector<std::size_t>& shape,
                              const std::vector<float>& values) {
  Protobuf tensor;
  for (const std::size_t dimension : shape) tensor.number(1, dimension);
  tensor.number(2, kOnnxFloat).text(8, name);
  tensor.text(9, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
  return tensor;
}

/// The rows of the transform's matrix that Silero's file has.
inline std::vector<float> silero_basis(const std::vector<float>& window) {
  std::vector<float> basis;
  for (const bool is_sine : {false, true}) {
    for (std::size_t k = 0; k < backend::kSileroBins; ++k) {
      for (std::size_t n = 0; n < backend::kSileroFrame; ++n) {
        const double angle =
            2.0 * std::numbers::pi * static_cast<double>(k * n) / backend::kSileroFrame;
        const double scale = static_cast<double>(window[n]);
        basis.push_back(static_cast<float>(scale * (is_sine ? -std::sin(angle) : std::cos(angle))));
      }
    }
  }
  return basis;
}

using NamedTensors = std::vector<std::pair<std::string, Protobuf>>;

inline NamedTensors silero_tensors(const backend::SileroWeights& w) {
  using namespace backend;
  NamedTensors all;
  const auto add = [&](const std::string& name, const std::vector<std::size_t>& shape,
                       const std::vector<float>& values) {
    all.emplace_back(name, silero_tensor(name, shape, values));
  };
  add("model.stft.forward_basis_buffer", {2 * kSileroBins, 1, kSileroFrame},
      silero_basis(w.window));
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string name = "model.encoder." + std::to_string(i) + ".reparam_conv.";
    add(name + "weight", {w.encoder[i].to, w.encoder[i].from, kSileroTaps}, w.encoder[i].weights);
    add(name + "bias", {w.encoder[i].to}, w.encoder[i].bias);
  }
  const std::string rnn = "model.decoder.rnn.";
  add(rnn + "weight_ih", {kSileroGates, kSileroHidden}, w.input_weights);
  add(rnn + "weight_hh", {kSileroGates, kSileroHidden}, w.hidden_weights);
  add(rnn + "bias_ih", {kSileroGates}, w.gate_bias);
  add(rnn + "bias_hh", {kSileroGates}, std::vector<float>(kSileroGates));
  add("model.decoder.decoder.2.weight", {1, kSileroHidden, 1}, w.out_weights);
  add("model.decoder.decoder.2.bias", {1}, {w.out_bias});
  return all;
}

inline std::string silero_file(const NamedTensors& tensors) {
  Protobuf graph;
  for (const auto& [name, tensor] : tensors) graph.message(5, tensor);
  return Protobuf().number(1, 8).message(7, graph).bytes;
}

}  // namespace parley::test
