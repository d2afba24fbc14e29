// SPDX-License-Identifier: Apache-2.0
//
// The windows of a voice next to the whole, on the real graphs and with the same noise.
#include "backend/onnx/piper_speech.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "backend/onnx/piper_voice.h"
#include "tests/backend/onnx/model_fixture.h"

namespace parley::backend {
namespace {

const std::string kFolder = model_path("en_US-joe-medium");
constexpr const char* kPhonemes =
    "ðə kwˈɪk bɹˈaʊn fˈɑːks dʒˈʌmps ˌoʊvɚ ðə lˈeɪzi dˈɑːɡ ænd ɹˈʌnz ɐwˈeɪ.";

double snr_db(std::span<const float> reference, std::span<const float> other) {
  double signal = 0.0;
  double noise = 0.0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double r = static_cast<double>(reference[i]);
    const double d = r - static_cast<double>(other[i]);
    signal += r * r;
    noise += d * d;
  }
  return 10.0 * std::log10(signal / std::max(noise, 1e-30));
}

/// The largest step from one sample to the next.
double step_max(std::span<const float> audio) {
  double largest = 0.0;
  for (std::size_t i = 1; i < audio.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(audio[i] - audio[i - 1])));
  }
  return largest;
}

struct PiperSpeechTest : testing::Test {
  void SetUp() override {
    PARLEY_NEED_FILE(kFolder + "/generator.onnx");
    static const auto loaded = PiperGraphs::load(kFolder, false);
    ASSERT_TRUE(loaded) << loaded.error().message;
    graphs = &*loaded;
  }
  PiperSpeech speech(std::uint64_t seed = 7) {
    auto voice = PiperVoice::load(kFolder + "/voice.json");
    std::vector<std::int64_t> ids = voice->ids(kPhonemes);
    std::vector<float> noise(ids.size() * PiperGraphs::kDurationChannels);
    Random(seed).fill_normal(noise);
    auto encoded = graphs->encode(
        nullptr, {.ids = ids, .scales = {0.667F, 1.0F, 0.8F}, .noise = noise, .speaker = {}});
    EXPECT_TRUE(encoded) << encoded.error().message;
    return {*graphs, std::move(*encoded), seed};
  }
  std::vector<float> said(PiperSpeech made, const std::vector<std::size_t>& windows) {
    std::vector<float> audio;
    std::size_t next = 0;
    while (made.frames_left() > 0) {
      const std::size_t frames = next < windows.size()
                                     ? std::min(windows[next++], made.frames_left())
                                     : made.frames_left();
      std::vector<float> part(frames * graphs->frame_samples());
      const Status status = made.make(nullptr, part);
      EXPECT_TRUE(status) << status.error().message;
      if (!status) return {};
      audio.insert(audio.end(), part.begin(), part.end());
    }
    return audio;
  }
  const PiperGraphs* graphs = nullptr;
};

TEST_F(PiperSpeechTest, WindowsGiveTheSamplesOfTheWhole) {
  const std::vector<float> whole = said(speech(), {});
  ASSERT_GT(whole.size(), 60'000U);
  const std::vector<std::vector<std::size_t>> cuts{
      {34, 68, 137}, {10, 10, 10, 10}, {1, 2, 3, 5, 8, 13, 21}, {150}, {200, 30}};
  const double step = step_max(whole);
  for (const std::vector<std::size_t>& windows : cuts) {
    const std::vector<float> audio = said(speech(), windows);
    ASSERT_EQ(audio.size(), whole.size());
    EXPECT_GE(snr_db(whole, audio), 90.0) << "40 are asked for";
    std::size_t joint = 0;
    for (const std::size_t frames : windows) {
      joint += frames * graphs->frame_samples();
      if (joint >= whole.size()) break;
      const auto around = [&](const std::vector<float>& all) {
        const std::size_t begin = joint - std::min<std::size_t>(joint, 1024);
        return std::span(all).subspan(begin, std::min<std::size_t>(2048, all.size() - begin));
      };
      EXPECT_GE(snr_db(around(whole), around(audio)), 60.0) << "around sample " << joint;
      EXPECT_LE(std::abs(static_cast<double>(audio[joint] - audio[joint - 1])), step);
      EXPECT_NEAR(audio[joint] - audio[joint - 1], whole[joint] - whole[joint - 1], 1e-4);
    }
  }
}

TEST_F(PiperSpeechTest, AMarginThatIsTooSmallIsSeen) {
  // The comparison above can fail: a window without its margins is another sound.
  PiperSpeech first = speech();
  std::vector<float> part(50 * graphs->frame_samples());
  ASSERT_TRUE(first.make(nullptr, part));
  PiperSpeech second = speech();
  std::vector<float> all(second.frames() * graphs->frame_samples());
  ASSERT_TRUE(second.make(nullptr, all));
  std::vector<float> latent(192 * 50, 0.1F);
  const auto alone = graphs->generate(nullptr, latent, 192, 0, 50, 0, nullptr);
  std::vector<float> longer(192 * 60, 0.1F);
  const auto with_margin = graphs->generate(nullptr, longer, 192, 0, 50, 10, nullptr);
  ASSERT_TRUE(alone && with_margin);
  const auto tail = [&](const OrtValuePtr& value) { return floats(*value)->last(2048); };
  EXPECT_LT(snr_db(tail(*with_margin), tail(*alone)), 40.0);
  EXPECT_GE(snr_db(std::span(all).first(part.size()), part), 90.0);
}

TEST_F(PiperSpeechTest, TheSeedIsTheSound) {
  const std::vector<float> first = said(speech(1), {40});
  EXPECT_EQ(said(speech(1), {40}), first);
  EXPECT_NE(said(speech(2), {40}), first);
}

}  // namespace
}  // namespace parley::backend
