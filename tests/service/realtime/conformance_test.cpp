// SPDX-License-Identifier: Apache-2.0
//
// The conformance checks of the Realtime API (openai-realtime reference, §9), one transcript each
// in tests/protocol/realtime/. What needs a socket (P03, P04) is tested where the sockets are.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/service/realtime/transcript.h"

namespace parley::test {
namespace {

constexpr const char* kFolder = "tests/protocol/realtime";

std::vector<std::string> transcripts() {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder, error)) {
    if (entry.path().extension() == ".transcript") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

class RealtimeConformance : public ::testing::TestWithParam<std::string> {};

TEST_P(RealtimeConformance, Holds) { Transcript().play(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Transcripts, RealtimeConformance, ::testing::ValuesIn(transcripts()),
                         [](const auto& one) {
                           return std::filesystem::path(one.param).stem().string();
                         });

std::vector<std::string> in_both_dialects() {
  std::vector<std::string> paths = transcripts();
  std::erase_if(paths, [](const std::string& path) {
    std::string line;
    std::getline(std::ifstream(path) >> std::ws, line);
    return line.starts_with("# GA only") || line.starts_with("dialect");
  });
  return paths;
}

class BetaConformance : public ::testing::TestWithParam<std::string> {};

TEST_P(BetaConformance, Holds) { Transcript().play_as_beta(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Transcripts, BetaConformance, ::testing::ValuesIn(in_both_dialects()),
                         [](const auto& one) {
                           return std::filesystem::path(one.param).stem().string();
                         });

TEST(RealtimeConformanceFiles, AreThere) {
  EXPECT_GE(transcripts().size(), 40U) << "run this in the root of the source tree";
}

}  // namespace
}  // namespace parley::test
