// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/piper_tts.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/onnx/moonshine_asr.h"
#include "backend/phonemizer/phonemizer_process.h"
#include "tests/backend/onnx/model_fixture.h"

namespace parley::backend {
namespace {

const std::string kFolder = model_path("en_US-joe-medium");
constexpr const char* kHello = "həlˈoʊ, wˈɜːld.";

// Answers with what the test says, and tells that it was asked.
struct ScriptedPhonemizer final : Phonemizer {
  Result<std::string> phonemes(std::string_view /*text*/, std::string_view /*voice*/) override {
    is_asked = true;
    return answer;
  }
  Result<std::string> answer = std::string();
  std::atomic<bool> is_asked = false;
};

struct PiperTtsTest : testing::Test {
  void SetUp() override {
    PARLEY_NEED_FILE(kFolder + "/generator.onnx");
    static const auto loaded = PiperTts::load(kFolder, phonemizer);  // takes a second
    ASSERT_TRUE(loaded) << loaded.error().message;
    tts = loaded->get();
    phonemizer.answer = std::string(kHello);
  }
  std::vector<float> say(std::uint64_t seed, float speed = 1.0F) {
    model::TtsCall call;
    call.text = "Hello, world.";
    call.seed = seed;
    call.speed = speed;
    model::synthesize_all(*tts, call);
    EXPECT_TRUE(call.status) << call.status.error().message;
    return {call.audio.floats().begin(), call.audio.floats().end()};
  }
  static inline ScriptedPhonemizer phonemizer;
  PiperTts* tts = nullptr;
};

TEST_F(PiperTtsTest, WordsComeWithTheirTimes) {
  phonemizer.answer = std::string(kHello) +
                      "\x1F"
                      "həlˈoʊ,"
                      "\x1F"
                      "wˈɜːld.";
  model::TtsCall call;
  call.text = "Hello, world.";
  call.seed = 1;
  model::synthesize_all(*tts, call);
  ASSERT_TRUE(call.status) << call.status.error().message;
  ASSERT_EQ(call.words.size(), 2U);
  EXPECT_EQ(call.words[0].text, "Hello,");
  EXPECT_EQ(call.words[1].text, "world.");
  const auto length = media::MediaTime::from_samples(
      static_cast<std::int64_t>(call.audio.floats().size()), tts->rate());
  EXPECT_GT(call.words[0].begin, media::MediaTime{}) << "a clause begins with a little silence";
  EXPECT_LT(call.words[0].begin.ms(), 200);
  EXPECT_GT((call.words[0].end - call.words[0].begin).ms(), 150);
  EXPECT_GE(call.words[1].begin, call.words[0].end);
  EXPECT_GT((call.words[1].end - call.words[1].begin).ms(), 150);
  EXPECT_LE(call.words[1].end, length);
  // Half as fast, everything takes about twice as long.
  model::TtsCall slow;
  slow.text = call.text;
  slow.seed = 1;
  slow.speed = 0.5F;
  model::synthesize_all(*tts, slow);
  ASSERT_EQ(slow.words.size(), 2U);
  EXPECT_NEAR(static_cast<double>(slow.words[1].begin.ms()),
              2.0 * static_cast<double>(call.words[1].begin.ms()), 120.0);
}

TEST_F(PiperTtsTest, AVoiceThatIsToldOnlyThePhonemesOfTheWholeKnowsNoWords) {
  model::TtsCall call;
  call.text = "Hello, world.";
  model::synthesize_all(*tts, call);
  EXPECT_TRUE(call.status);
  EXPECT_TRUE(call.words.empty());
}

TEST_F(PiperTtsTest, TheSameSeedGivesTheSameAudio) {
  const std::vector<float> first = say(1);
  EXPECT_EQ(tts->rate(), 22'050);
  EXPECT_GT(first.size(), 10'000U);
  EXPECT_LT(first.size(), 50'000U);
  const auto [low, high] = std::minmax_element(first.begin(), first.end());
  EXPECT_GT(*high, 0.05F);
  EXPECT_LE(*high, 1.0F);
  EXPECT_GE(*low, -1.0F);
  EXPECT_EQ(say(1), first);
  EXPECT_NE(say(2), first);
}

TEST_F(PiperTtsTest, SpeedShortensAndStretches) {
  const auto usual = static_cast<double>(say(1).size());
  EXPECT_NEAR(static_cast<double>(say(1, 2.0F).size()) / usual, 0.5, 0.15);
  EXPECT_NEAR(static_cast<double>(say(1, 0.25F).size()) / usual, 4.0, 0.8);
}

/// The median pitch of what is voiced, in Hz, by autocorrelation.
double pitch_of(const std::vector<float>& audio, int rate) {
  constexpr int kLowest = 60;
  constexpr int kHighest = 300;  // a man's voice
  const auto window = static_cast<std::size_t>(rate / 25);
  std::vector<double> found;
  for (std::size_t at = 0; at + 2 * window < audio.size(); at += window / 2) {
    const auto product = [&](std::size_t lag) {
      double sum = 0.0;
      for (std::size_t i = at; i < at + window; ++i) {
        sum += static_cast<double>(audio[i]) * static_cast<double>(audio[i + lag]);
      }
      return sum;
    };
    const double power = product(0);
    if (power < 0.0005 * static_cast<double>(window)) continue;
    double best = 0.0;
    std::size_t period = 0;
    for (auto lag = static_cast<std::size_t>(rate / kHighest);
         lag <= static_cast<std::size_t>(rate / kLowest); ++lag) {
      if (const double here = product(lag); here > best) {
        best = here;
        period = lag;
      }
    }
    if (best > 0.6 * power)
      found.push_back(static_cast<double>(rate) / static_cast<double>(period));
  }
  EXPECT_GE(found.size(), 5U) << "nothing voiced";
  if (found.empty()) return 0.0;
  std::nth_element(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(found.size() / 2),
                   found.end());
  return found[found.size() / 2];
}

// A voice that talks faster is not a record that turns faster.
TEST_F(PiperTtsTest, SpeedKeepsThePitch) {
  const std::vector<float> usual = say(1);
  const double pitch = pitch_of(usual, tts->rate());
  EXPECT_GT(pitch, 70.0);
  for (const float speed : {0.5F, 0.75F, 1.5F}) {
    const std::vector<float> said = say(1, speed);
    EXPECT_NEAR(static_cast<double>(said.size()) * static_cast<double>(speed) /
                    static_cast<double>(usual.size()),
                1.0, 0.2)
        << speed;
    EXPECT_NEAR(pitch_of(said, tts->rate()) / pitch, 1.0, 0.1) << speed;
    RecordProperty("pitch_at_" + std::to_string(static_cast<int>(speed * 100)),
                   std::to_string(pitch_of(said, tts->rate())));
  }
}

TEST_F(PiperTtsTest, RefusesWhatItCannotSay) {
  model::TtsCall call;
  call.text = "Hello";
  for (const float speed : {0.0F, 0.2F, 4.5F, std::nanf("")}) {
    call.speed = speed;
    model::synthesize_all(*tts, call);
    ASSERT_FALSE(call.status);
    EXPECT_EQ(call.status.error().code, ErrorCode::invalid_argument);
  }
  call.speed = 1.0F;
  phonemizer.answer = std::string(PiperTts::kIdsMax, 'a');
  model::synthesize_all(*tts, call);
  ASSERT_FALSE(call.status);
  EXPECT_EQ(call.status.error().code, ErrorCode::invalid_argument);
  phonemizer.answer = Error{ErrorCode::internal, "the phonemizer failed twice"};
  model::synthesize_all(*tts, call);
  EXPECT_EQ(call.status.error().code, ErrorCode::internal);
  EXPECT_TRUE(call.audio.empty());
}

TEST_F(PiperTtsTest, SaysNothingForNothing) {
  phonemizer.answer = std::string();
  model::TtsCall call;
  model::synthesize_all(*tts, call);
  EXPECT_TRUE(call.status);
  EXPECT_TRUE(call.audio.empty());
}

TEST_F(PiperTtsTest, StopsWhenCancelledAndStaysUsable) {
  const std::vector<float> expected = say(1);
  std::string text;
  for (int i = 0; i < 30; ++i) text.append(kHello).append(" ");
  phonemizer.answer = text;
  phonemizer.is_asked = false;
  model::TtsCall call;
  call.text = "long";
  std::thread worker([&] { model::synthesize_all(*tts, call); });
  while (!phonemizer.is_asked) std::this_thread::yield();
  call.cancel();
  worker.join();
  ASSERT_FALSE(call.status);
  EXPECT_EQ(call.status.error().code, ErrorCode::cancelled);
  EXPECT_TRUE(call.audio.empty());

  phonemizer.answer = std::string(kHello);
  EXPECT_EQ(say(1), expected);
}

TEST_F(PiperTtsTest, GivesTheSameAudioOnSeveralThreads) {
  const std::vector<float> expected = say(3);
  std::vector<std::vector<float>> said(3);
  std::vector<std::thread> threads;
  for (auto& audio : said) threads.emplace_back([&] { audio = say(3); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& audio : said) EXPECT_EQ(audio, expected);
}

/// All parts of a call that streams; and how long each is.
struct Streamed {
  std::vector<float> audio;
  std::vector<std::size_t> parts;
};

Streamed stream(PiperTts& tts, model::TtsCall& call) {
  Streamed out;
  call.stream = true;
  bool has_more = true;
  while (has_more) {
    has_more = tts.synthesize(call);
    while (std::optional<media::BufferRef> part = call.parts.try_pop()) {
      out.parts.push_back(part->floats().size());
      out.audio.insert(out.audio.end(), part->floats().begin(), part->floats().end());
    }
  }
  return out;
}

TEST_F(PiperTtsTest, AStreamIsTheSameAudioInParts) {
  std::string text;
  for (int i = 0; i < 5; ++i) text.append(kHello).append(" ");
  phonemizer.answer = text;
  const std::vector<float> whole = say(1);
  model::TtsCall call;
  call.text = "Hello, world.";
  call.seed = 1;
  const Streamed streamed = stream(*tts, call);
  ASSERT_TRUE(call.status) << call.status.error().message;
  EXPECT_TRUE(call.audio.empty());
  EXPECT_EQ(call.state, nullptr);
  EXPECT_EQ(static_cast<std::size_t>(call.samples_made), whole.size());
  EXPECT_EQ(static_cast<std::size_t>(call.samples_expected), whole.size());
  ASSERT_EQ(streamed.audio.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) ASSERT_NEAR(streamed.audio[i], whole[i], 1e-4);
  ASSERT_GE(streamed.parts.size(), 4U);
  EXPECT_EQ(streamed.parts[0], 34U * 256) << "0.4 s";
  EXPECT_EQ(streamed.parts[1], 68U * 256) << "0.8 s";
}

TEST_F(PiperTtsTest, WordsAndPhonemesAreThereBeforeTheFirstPart) {
  phonemizer.answer = std::string(kHello) +
                      "\x1F"
                      "həlˈoʊ,"
                      "\x1F"
                      "wˈɜːld.";
  model::TtsCall call;
  call.text = "Hello, world.";
  call.seed = 1;
  call.stream = true;
  ASSERT_TRUE(tts->synthesize(call)) << "more than one step";
  EXPECT_EQ(call.parts.size(), 1U);
  EXPECT_GT(call.samples_expected, call.samples_made);
  ASSERT_EQ(call.words.size(), 2U);
  std::string said;
  media::MediaTime last;
  for (const media::WordTime& phoneme : call.phonemes) {
    said += phoneme.text + " ";
    EXPECT_GE(phoneme.begin, last);
    EXPECT_GT(phoneme.end, phoneme.begin);
    last = phoneme.end;
  }
  EXPECT_EQ(said, "h ə l ˈo ʊ w ˈɜː l d ");
  EXPECT_EQ(call.phonemes[0].begin, call.words[0].begin);
  EXPECT_EQ(call.phonemes[5].begin, call.words[1].begin);
  while (tts->synthesize(call)) {
  }
}

TEST_F(PiperTtsTest, PhonemesInTheTextAreSpoken) {
  phonemizer.answer = Error{ErrorCode::internal, "nobody should ask"};
  model::TtsCall call;
  call.text = std::string("[[") + kHello + "]]";
  call.seed = 1;
  model::synthesize_all(*tts, call);
  ASSERT_TRUE(call.status) << call.status.error().message;
  phonemizer.answer = std::string(kHello);
  EXPECT_EQ(std::vector(call.audio.floats().begin(), call.audio.floats().end()), say(1));
  ASSERT_EQ(call.words.size(), 1U);
  EXPECT_EQ(call.words[0].text, call.text);
}

// The longest clause at the lowest speed, a minute and a half: its parts fit into the ring.
TEST_F(PiperTtsTest, TheSlowestSpeechHasNoMorePartsThanTheRingHolds) {
  std::string text;
  for (int i = 0; i < 28; ++i) text.append(kHello).append(" ");
  phonemizer.answer = text;
  model::TtsCall call;
  call.text = "Hello";
  call.speed = 0.25F;
  call.stream = true;
  while (tts->synthesize(call)) {
  }
  ASSERT_TRUE(call.status) << call.status.error().message;
  EXPECT_GT(call.samples_made, 60 * tts->rate());
  EXPECT_LE(call.parts.size(), model::kTtsPartsMax);
}

TEST_F(PiperTtsTest, ACancelBetweenStepsOrWithinAWindowEndsTheCall) {
  std::string text;
  for (int i = 0; i < 30; ++i) text.append(kHello).append(" ");
  phonemizer.answer = text;
  for (const bool within : {false, true}) {
    model::TtsCall call;
    call.text = "long";
    call.stream = true;
    ASSERT_TRUE(tts->synthesize(call));
    std::thread canceller;
    if (within) {
      canceller = std::thread([&] { call.cancel(); });
    } else {
      call.cancel();
    }
    while (tts->synthesize(call)) {
    }
    if (canceller.joinable()) canceller.join();
    ASSERT_FALSE(call.status);
    EXPECT_EQ(call.status.error().code, ErrorCode::cancelled);
    EXPECT_EQ(call.state, nullptr);
    EXPECT_LT(call.samples_made, call.samples_expected);
  }
}

TEST_F(PiperTtsTest, RefusesAVoiceThatWasNotConverted) {
  ScriptedPhonemizer unused;
  EXPECT_EQ(PiperTts::load("/nowhere", unused).error().code, ErrorCode::not_found);
  const std::string folder = testing::TempDir() + "/voice";
  std::filesystem::create_directories(folder);
  std::filesystem::copy(kFolder + "/voice.json", folder + "/voice.json",
                        std::filesystem::copy_options::overwrite_existing);
  std::ofstream(folder + "/encoder.onnx", std::ios::binary) << "damaged";
  EXPECT_EQ(PiperTts::load(folder, unused).error().code, ErrorCode::data_corrupt);
  std::filesystem::remove_all(folder);
}

// Everyday sentences, said by the voice and heard by the recogniser: WER at most 10 %.
TEST(SayAndHear, EverydaySentencesSurviveTheRoundTrip) {
  const char* bin = std::getenv("PARLEY_BIN_DIR");
  const std::string program = std::string(bin == nullptr ? "." : bin) + "/parley-phonemizer";
  PARLEY_NEED_FILE(program);
  PARLEY_NEED_FILE(kFolder + "/generator.onnx");
  PARLEY_NEED_FILE(model_path("moonshine-tiny-en/tokenizer.bin"));
  Metrics metrics;
  PhonemizerProcess phonemizer({.program = program}, metrics);
  auto tts = PiperTts::load(kFolder, phonemizer);
  auto asr = MoonshineAsr::load(model_path("moonshine-tiny-en"));
  ASSERT_TRUE(tts && asr);
  std::ifstream in("tests/data/everyday_sentences.txt");
  std::size_t errors = 0;
  std::size_t words = 0;
  for (std::string line; std::getline(in, line);) {
    model::TtsCall said;
    said.text = line;
    said.seed = 1;
    model::synthesize_all(**tts, said);
    ASSERT_TRUE(said.status) << said.status.error().message;
    model::AsrCall heard;
    heard.audio = convert_rate(said.audio.floats(), (*tts)->rate(), model::kAsrRate);
    (*asr)->transcribe(heard);
    ASSERT_TRUE(heard.status);
    errors += word_errors(line, heard.text);
    words += words_of(line).size();
  }
  ASSERT_GT(words, 150U);
  EXPECT_LE(static_cast<double>(errors) / static_cast<double>(words), 0.10);
}

}  // namespace
}  // namespace parley::backend
