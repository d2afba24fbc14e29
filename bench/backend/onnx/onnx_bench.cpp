// SPDX-License-Identifier: Apache-2.0
//
// What the speech models cost, in CPU time of one thread. Sketch to meet: recognition
// 0.03 s and synthesis 0.1 s per second of audio. Voice activity: ../silero.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "backend/onnx/moonshine_asr.h"
#include "backend/onnx/piper_tts.h"
#include "tests/backend/onnx/recording.h"

namespace parley::backend {
namespace {

// "The weather is lovely, so we went for a walk in the park.", so that no other program is needed.
struct FixedPhonemizer final : Phonemizer {
  Result<std::string> phonemes(std::string_view text, std::string_view /*voice*/) override {
    return std::string(text);
  }
};
constexpr const char* kSentence = "ðə wˈɛðɚɹ ɪz lˈʌvli, sˌoʊ wiː wˈɛnt fɚɹə wˈɔːk ɪnðə pˈɑːɹk.";
constexpr const char* kClause = "ðə wˈɛðɚɹ ɪz lˈʌvli,";

void recognition(benchmark::State& state) {
  const auto asr = MoonshineAsr::load(model_path("moonshine-tiny-en"));
  const auto speech = read_recording(recording_path("two_cities.wav"));
  if (!asr || !speech) return state.SkipWithError("the model or two_cities.wav is missing");
  const auto seconds = static_cast<double>(state.range(0));
  model::AsrCall call;
  for (auto _ : state) {
    call.audio = cut(*speech, 0.9, 0.9 + seconds);
    (*asr)->transcribe(call);
  }
  state.counters["cpu_per_s"] = benchmark::Counter(
      seconds, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(recognition)->Arg(2)->Arg(4)->Arg(10)->Arg(30)->Unit(benchmark::kMillisecond);

void synthesis(benchmark::State& state, const char* phonemes) {
  FixedPhonemizer phonemizer;
  const auto tts = PiperTts::load(model_path("en_US-joe-medium"), phonemizer);
  if (!tts) return state.SkipWithError("the voice is missing");
  model::TtsCall call;
  call.text = phonemes;
  for (auto _ : state) model::synthesize_all(**tts, call);
  const double seconds =
      static_cast<double>(call.audio.floats().size()) / static_cast<double>((*tts)->rate());
  state.counters["audio_s"] = seconds;
  state.counters["cpu_per_s"] = benchmark::Counter(
      seconds, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(synthesis, clause, kClause)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(synthesis, sentence, kSentence)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace parley::backend
