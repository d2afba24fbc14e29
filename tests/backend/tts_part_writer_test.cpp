// SPDX-License-Identifier: Apache-2.0
#include "backend/tts_part_writer.h"

#include <string>

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

constexpr int kRate = 24'000;

/// Writes `seconds` of a ramp in pieces of 10 ms; the sizes of the parts.
std::vector<std::size_t> parts_of(double seconds, const std::string& text, bool stream = true) {
  model::TtsCall call;
  call.text = text;
  call.stream = stream;
  media::BufferPool pool;
  TtsPartWriter writer(call, pool, kRate);
  const auto total = static_cast<std::size_t>(seconds * kRate);
  std::vector<float> piece(240);
  for (std::size_t at = 0; at < total; at += piece.size()) {
    for (std::size_t i = 0; i < piece.size(); ++i) piece[i] = static_cast<float>(at + i);
    writer.write(std::span(piece).first(std::min(piece.size(), total - at)));
  }
  EXPECT_EQ(writer.samples(), total);
  writer.finish();
  EXPECT_EQ(call.samples_made, static_cast<std::int64_t>(total));
  std::vector<std::size_t> sizes;
  float next = 0.0F;
  const auto look = [&](const media::BufferRef& part) {
    sizes.push_back(part.floats().size());
    for (const float sample : part.floats()) EXPECT_EQ(sample, next++);
  };
  while (const auto part = call.parts.try_pop()) look(*part);
  if (!call.audio.empty()) look(call.audio);
  return sizes;
}

TEST(TtsPartWriter, TheFirstPartIsShortAndOthersAreEven) {
  const std::vector<std::size_t> sizes = parts_of(1.0, "A short one.");
  EXPECT_EQ(sizes, (std::vector<std::size_t>{2400, 4800, 4800, 4800, 4800, 2400}));
}

TEST(TtsPartWriter, TheyAreNeverMoreThanTheRingHolds) {
  for (const double seconds : {0.01, 5.0, 24.0, 120.0, 300.0}) {
    const auto sizes = parts_of(seconds, "Hi.");
    EXPECT_LE(sizes.size(), model::kTtsPartsMax);
    EXPECT_GE(sizes.size(), 1U);
  }
}

TEST(TtsPartWriter, ALongTextHasLongerParts) {
  const std::vector<std::size_t> sizes = parts_of(16.0, std::string(200, 'a'));
  EXPECT_EQ(sizes[1], static_cast<std::size_t>(kRate));
  EXPECT_LE(sizes.size(), 17U);
}

TEST(TtsPartWriter, WhoDoesNotStreamGetsAllOfItAtTheEnd) {
  EXPECT_EQ(parts_of(3.0, "x", false), std::vector<std::size_t>{72'000});
}

}  // namespace
}  // namespace parley::backend
