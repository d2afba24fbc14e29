// SPDX-License-Identifier: Apache-2.0
#include "tests/backend/onnx/whisper_toy.h"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <vector>

#include <gtest/gtest.h>

#include "tests/backend/onnx/onnx_writer.h"

namespace parley::test {
namespace {

constexpr int kBins = 80;

std::string encoder() {
  OnnxWriter writer("encoder");
  writer.input("mel", kOnnxFloat, {1, kBins, -1});
  writer.constant("one", std::vector<std::int64_t>{1});
  writer.constant("three", std::vector<std::int64_t>{3});
  writer.node("ReduceMean", {"mel"}, {"mean"}, {{"axes", std::vector<std::int64_t>{1}}});
  writer.node("Unsqueeze", {"mean", "one"}, {"cross_key.0"});
  writer.node("Unsqueeze", {"mean", "three"}, {"cross_value.0"});
  writer.output("cross_key.0", kOnnxFloat, {1, 1, 1, -1});
  writer.output("cross_value.0", kOnnxFloat, {1, 1, -1, 1});
  return writer.model();
}

std::string decoder(const WhisperToy& toy) {
  std::vector<std::int64_t> table(WhisperToy::count, WhisperToy::end);
  std::vector<float> factors(WhisperToy::count, 20.0F);
  for (const auto& [from, to] : toy.next) table[static_cast<std::size_t>(from)] = to;
  for (const auto& [from, sure] : toy.sure) factors[static_cast<std::size_t>(from)] = sure;
  OnnxWriter writer("decoder");
  writer.input("tokens", kOnnxInt64, {-1, -1});
  for (const char* name : {"past_key.0", "past_value.0"}) {
    writer.input(name, kOnnxFloat, {-1, 1, -1, 1});
  }
  writer.input("cross_key.0", kOnnxFloat, {1, 1, 1, -1});
  writer.input("cross_value.0", kOnnxFloat, {1, 1, -1, 1});
  writer.constant("table", table).constant("factors", factors);
  writer.constant("depth", std::vector<std::int64_t>{WhisperToy::count});
  writer.constant("off_on", std::vector<float>{0.0F, 1.0F});
  writer.constant("two", std::vector<std::int64_t>{2});
  writer.constant("one_three", std::vector<std::int64_t>{1, 3});
  writer.node("Gather", {"table", "tokens"}, {"next"});
  writer.node("OneHot", {"next", "depth", "off_on"}, {"marked"});
  writer.node("Gather", {"factors", "tokens"}, {"sure"});
  writer.node("Unsqueeze", {"sure", "two"}, {"factor"});
  writer.node("Mul", {"marked", "factor"}, {"scores"});
  writer.node("Cast", {"tokens"}, {"read"}, {{"to", std::int64_t{kOnnxFloat}}});
  writer.node("Unsqueeze", {"read", "one_three"}, {"own"});
  for (const std::string part : {"_key.0", "_value.0"}) {
    writer.node("Concat", {"past" + part, "own"}, {"present" + part}, {{"axis", std::int64_t{2}}});
    writer.output("present" + part, kOnnxFloat, {-1, 1, -1, 1});
  }
  writer.output("scores", kOnnxFloat, {-1, -1, WhisperToy::count});
  if (toy.aligns) {
    std::vector<std::int64_t> places;
    for (std::int64_t token = 0; token < WhisperToy::count; ++token) {
      // What listens is the step that chooses the token, which reads the one before it.
      places.push_back(10 * (table[static_cast<std::size_t>(token)] + 1));
    }
    writer.constant("places", places);
    writer.node("Gather", {"places", "tokens"}, {"place"});
    writer.constant("frames", std::vector<std::int64_t>{1000});
    writer.node("OneHot", {"place", "frames", "off_on"}, {"alignment"});
    writer.output("alignment", kOnnxFloat, {-1, -1, -1});
  }
  writer.note("parley.suppress", toy.suppress).note("parley.suppress_first", toy.suppress_first);
  if (!toy.positions.empty()) writer.note("parley.positions", toy.positions);
  return writer.model();
}

std::string tokens() {
  std::vector<std::string> records;
  for (std::int64_t i = 0; i < WhisperToy::kWords; ++i) records.push_back(" w" + std::to_string(i));
  for (const char* name : {"endoftext", "startoftranscript", "en", "zh", "translate", "transcribe",
                           "nospeech", "notimestamps"}) {
    records.push_back("<|" + std::string(name) + "|>");
  }
  std::string bytes;
  for (const std::string& record : records) bytes += static_cast<char>(record.size()) + record;
  return bytes;
}

}  // namespace

std::string WhisperToy::write() const {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(testing::TempDir()) / "whisper_toy";
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::ofstream(folder / "encoder.onnx", std::ios::binary) << encoder();
  std::ofstream(folder / "decoder.onnx", std::ios::binary) << decoder(*this);
  std::ofstream(folder / "tokens.bin", std::ios::binary) << tokens();
  return folder.string();
}

}  // namespace parley::test
