// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/wav_head.h"

#include <cstring>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

std::string little(std::uint64_t value, std::size_t bytes) {
  std::string out(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<char>(value >> (8 * i) & 0xFFU);
  return out;
}

std::string chunk(const std::string& name, const std::string& bytes) {
  return name + little(bytes.size(), 4) + bytes + std::string(bytes.size() % 2, '\0');
}

std::string format(int channels = 1, int rate = 16'000, int bits = 16, int kind = 1) {
  return chunk("fmt ", little(static_cast<unsigned>(kind), 2) +
                           little(static_cast<unsigned>(channels), 2) +
                           little(static_cast<unsigned>(rate), 4) + little(0, 4) + little(2, 2) +
                           little(static_cast<unsigned>(bits), 2));
}

std::string file(const std::string& chunks, std::uint64_t data = 1000) {
  return "RIFF" + little(0, 4) + "WAVE" + chunks + "data" + little(data, 4);
}

auto read(std::string_view bytes) { return read_wav_head(std::as_bytes(std::span(bytes))); }

TEST(WavHead, SamplesBeginBehindIt) {
  const std::string bytes = file(chunk("LIST", "abc") + format(1, 44'100));
  const auto head = std::get<WavHead>(read(bytes + "samples"));
  EXPECT_EQ(head.rate, 44'100);
  EXPECT_EQ(head.bytes, bytes.size());
  EXPECT_EQ(head.sample_bytes, 1000U);
  EXPECT_EQ(std::get<WavHead>(read(file(format(), 0xFFFF'FFFF))).sample_bytes,
            std::numeric_limits<std::uint64_t>::max());
}

TEST(WavHead, AnyPartOfItIsNotYetAll) {
  const std::string bytes = file(format());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(std::holds_alternative<WavHeadIncomplete>(read(bytes.substr(0, size)))) << size;
  }
}

TEST(WavHead, WhatStreamsCannotHearIsRefused) {
  for (const std::string& bytes :
       {file(format(2)), file(format(1, 11'025)), file(format(1, 16'000, 8)),
        file(format(1, 16'000, 16, 3)), file(""), std::string("OggS and something"),
        file(chunk("LIST", std::string(100'000, 'a')) + format())}) {
    EXPECT_TRUE(std::holds_alternative<ProtocolError>(read(bytes))) << bytes.size();
  }
}

}  // namespace
}  // namespace parley::protocol
