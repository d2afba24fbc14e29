// SPDX-License-Identifier: Apache-2.0
//
// A language that needs no training: each letter is a tone, in the middle of a mel filter of its
// own. Writes a recording in it, an ONNX model that hears it (scores = features x weights + bias)
// and the table of its letters, for asr_pipeline.cpp.
//
//   tone_model FOLDER "hello world"
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

#include "codec/wav_writer.h"

using namespace parley;

namespace {

constexpr int kRate = 16'000;
constexpr int kBins = 80;  // the filter bank's: 20 Hz to 8 kHz
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz ";
constexpr float kBlank = -2.0F;  // its score: louder than silence, softer than a tone

int bin_of(std::size_t letter) { return 22 + 2 * static_cast<int>(letter); }

/// Middle of a filter: they lie evenly on the mel scale, 1127 ln(1 + f / 700).
double hz_of(int bin) {
  const double low = 1127.0 * std::log1p(20.0 / 700.0);
  const double high = 1127.0 * std::log1p(8000.0 / 700.0);
  return 700.0 * std::expm1((low + (bin + 1) * (high - low) / (kBins + 1)) / 1127.0);
}

/// 80 ms of tone and 40 ms of pause for each letter, half a second of silence around.
std::vector<float> speak(std::string_view text) {
  std::vector<float> audio(kRate / 2);
  for (const char letter : text) {
    const double hz = hz_of(bin_of(kLetters.find(letter)));
    for (int i = 0; i < kRate / 1000 * 80; ++i) {
      const double seconds = static_cast<double>(i) / kRate;
      const double fade = std::sin(std::numbers::pi * seconds / 0.08);
      audio.push_back(
          static_cast<float>(0.3 * fade * fade * std::sin(2.0 * std::numbers::pi * hz * seconds)));
    }
    audio.resize(audio.size() + kRate / 1000 * 40);
  }
  audio.resize(audio.size() + kRate / 2);
  return audio;
}

// As much of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/) as it takes.
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7U) bytes += static_cast<char>(value | 0x80U);
  return bytes + static_cast<char>(value);
}
std::string number(unsigned field, std::uint64_t value) {
  return varint(field << 3U) + varint(value);
}
std::string bytes(unsigned field, std::string_view content) {
  return varint(field << 3U | 2U) + varint(content.size()) + std::string(content);
}

// And of onnx.proto: fields of TensorProto, ValueInfoProto, NodeProto, GraphProto, ModelProto.
std::string tensor(std::string_view name, std::vector<std::size_t> dims,
                   const std::vector<float>& values) {
  std::string out;
  for (const std::size_t dim : dims) out += number(1, dim);
  const std::string_view raw(reinterpret_cast<const char*>(values.data()), values.size() * 4);
  return out + number(2, 1) + bytes(8, name) + bytes(9, raw);
}
std::string value(std::string_view name, std::size_t columns) {
  const std::string shape = bytes(1, bytes(2, "rows")) + bytes(1, number(1, columns));
  return bytes(1, name) + bytes(2, bytes(1, number(1, 1) + bytes(2, shape)));
}
std::string node(std::string_view op, std::string_view a, std::string_view b, std::string_view to) {
  return bytes(1, bytes(1, a) + bytes(1, b) + bytes(2, to) + bytes(4, op));
}

std::string model() {
  const std::size_t tokens = kLetters.size() + 1;  // 0 is the blank of CTC
  std::vector<float> weights(kBins * tokens);
  std::vector<float> bias(tokens);
  bias[0] = kBlank;
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    weights[static_cast<std::size_t>(bin_of(i)) * tokens + i + 1] = 1.0F;
  }
  const std::string graph =
      node("MatMul", "features", "weights", "product") + node("Add", "product", "bias", "scores") +
      bytes(2, "tones") + bytes(5, tensor("weights", {kBins, tokens}, weights)) +
      bytes(5, tensor("bias", {tokens}, bias)) + bytes(11, value("features", kBins)) +
      bytes(12, value("scores", tokens));
  return number(1, 8) + bytes(7, graph) + bytes(8, number(2, 15));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::string_view(argv[2]).find_first_not_of(kLetters) != std::string::npos) {
    std::fprintf(stderr, "usage: tone_model FOLDER TEXT    (letters from a to z, and blanks)\n");
    return 2;
  }
  const std::string folder = std::string(argv[1]) + "/";
  std::ofstream(folder + "tones.onnx", std::ios::binary) << model();
  std::ofstream symbols(folder + "tones.txt");
  symbols << "<blk> 0\n";
  for (std::size_t i = 0; i < kLetters.size(); ++i) {  // U+2581 stands for a blank between words
    symbols << (kLetters[i] == ' ' ? "\u2581" : std::string(1, kLetters[i])) << ' ' << i + 1
            << '\n';
  }
  const Status status = codec::write_wav(folder + "said.wav", kRate, speak(argv[2]));
  if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  return status && symbols.flush() ? 0 : 1;
}
