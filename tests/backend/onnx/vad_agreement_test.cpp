// SPDX-License-Identifier: Apache-2.0
//
// How far the detectors agree on real speech: the share of windows of the 60 LibriSpeech clips that
// they call speech or not as Silero does, at the threshold of 0.5.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "backend/onnx/fsmn_vad.h"
#include "backend/silero/silero_vad.h"
#include "model/energy_vad.h"
#include "tests/backend/onnx/model_fixture.h"

namespace parley::backend {
namespace {

const std::string kSilero = model_path("silero-vad/silero_vad_16k_op15.onnx");
const std::string kFsmn = "../shared/models/fsmn-vad";
const std::string kClips = "../shared/data/speech";

std::vector<bool> hear(model::VadModel& vad, std::span<const float> samples) {
  model::VadCall call;
  model::VadCall* const one[] = {&call};
  std::vector<bool> heard;
  for (; samples.size() >= model::kVadWindowSamples;
       samples = samples.subspan(model::kVadWindowSamples)) {
    std::copy_n(samples.begin(), model::kVadWindowSamples, call.window.begin());
    vad.infer(one);
    heard.push_back(call.probability >= 0.5F);
  }
  return heard;
}

struct Tally {
  std::size_t windows = 0;
  std::size_t same = 0;
  std::size_t ours = 0;    // speech
  std::size_t theirs = 0;  // speech, for Silero

  /// `late`: windows that `heard` is behind.
  void add(const std::vector<bool>& heard, const std::vector<bool>& silero, std::size_t late) {
    for (std::size_t i = 0; i + late < heard.size(); ++i) {
      ++windows;
      same += heard[i + late] == silero[i] ? 1 : 0;
      ours += heard[i + late] ? 1 : 0;
      theirs += silero[i] ? 1 : 0;
    }
  }
  [[nodiscard]] double percent(std::size_t count) const {
    return 100.0 * static_cast<double>(count) / static_cast<double>(windows);
  }
};

struct VadAgreementTest : testing::Test {
  void SetUp() override {
    PARLEY_NEED_FILE(kSilero);
    if (!std::filesystem::exists(kClips)) GTEST_SKIP() << kClips << " is not here";
    silero = *SileroVad::load(kSilero);
  }
  Tally compare(model::VadModel& vad, std::size_t late) const {
    Tally tally;
    std::ifstream in(kClips + "/transcripts.tsv");
    for (std::string line; std::getline(in, line);) {
      const auto audio = read_recording(kClips + "/" + line.substr(0, line.find('\t')) + ".flac");
      EXPECT_TRUE(audio) << line;
      if (audio) tally.add(hear(vad, *audio), hear(*silero, *audio), late);
    }
    return tally;
  }
  static void print(const char* name, const Tally& tally) {
    std::cout << name << ": of " << tally.windows << " windows " << tally.percent(tally.same)
              << " % as Silero; speech " << tally.percent(tally.ours) << " %, Silero "
              << tally.percent(tally.theirs) << " %\n";
  }
  std::unique_ptr<SileroVad> silero;
};

TEST_F(VadAgreementTest, EnergyHearsMostOfWhatSileroHears) {
  model::EnergyVad energy;
  const Tally tally = compare(energy, 0);
  print("energy", tally);
  ASSERT_GT(tally.windows, 10'000U);
  EXPECT_GT(tally.percent(tally.same), 80.0);
}

TEST_F(VadAgreementTest, FsmnHearsWhatSileroHears) {
  if (!std::filesystem::exists(kFsmn + "/am.mvn")) GTEST_SKIP() << kFsmn << " is not here";
  const auto fsmn = FsmnVad::load(kFsmn);
  ASSERT_TRUE(fsmn) << fsmn.error().message;
  const Tally tally = compare(**fsmn, 1);
  print("fsmn", tally);
  ASSERT_GT(tally.windows, 10'000U);
  EXPECT_GT(tally.percent(tally.same), 85.0);
}

}  // namespace
}  // namespace parley::backend
