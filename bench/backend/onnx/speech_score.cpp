// SPDX-License-Identifier: Apache-2.0
//
// What the speech models make of real input, and what it costs. Goals: word error rate at most 14.5
// % and 0.05 s of CPU per second of audio on LibriSpeech clips; at most 10 % on everyday sentences
// that the voice says and the recogniser hears.
//
//   speech_score transcribe FILE…            NAME<TAB>text for each; CPU on standard error
//   speech_score say PHONEMIZER LIST [SEED [VOICE]]
//                                            number<TAB>text as heard, for each line of LIST
//
// tools/wer.py compares the output with the references.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "backend/onnx/moonshine_asr.h"
#include "backend/onnx/piper_tts.h"
#include "backend/phonemizer/phonemizer_process.h"
#include "tests/backend/onnx/recording.h"

namespace parley::backend {
namespace {

struct Cost {
  double cpu = 0.0;    // seconds
  double audio = 0.0;  // seconds
};

void print(const char* what, const Cost& cost) {
  std::fprintf(stderr, "%s: %.2f s CPU for %.1f s of audio: %.4f s/s\n", what, cost.cpu, cost.audio,
               cost.cpu / cost.audio);
}

std::string hear(MoonshineAsr& asr, std::vector<float> audio, Cost& cost) {
  model::AsrCall call;
  call.audio = std::move(audio);
  const double before = cpu_seconds();
  cost.audio += static_cast<double>(call.audio.size()) / model::kAsrRate;
  asr.transcribe(call);
  cost.cpu += cpu_seconds() - before;
  return call.status ? call.text : "!" + call.status.error().message;
}

int transcribe(MoonshineAsr& asr, int count, char** files) {
  Cost cost;
  for (int i = 0; i < count; ++i) {
    auto audio = read_recording(files[i]);
    if (!audio) return std::fprintf(stderr, "%s: cannot be read\n", files[i]), 1;
    const std::string text = hear(asr, *std::move(audio), cost);
    std::printf("%s\t%s\n", std::filesystem::path(files[i]).stem().c_str(), text.c_str());
  }
  print("recognition", cost);
  return 0;
}

int say(MoonshineAsr& asr, const std::string& program, const std::string& list, std::uint64_t seed,
        const std::string& voice) {
  Metrics metrics;
  PhonemizerProcess phonemizer({.program = program}, metrics);
  auto tts = PiperTts::load(model_path(voice), phonemizer);
  if (!tts) return std::fprintf(stderr, "%s\n", tts.error().message.c_str()), 1;
  std::ifstream in(list);
  Cost said;
  Cost heard;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    model::TtsCall call;
    call.text = line;
    call.seed = seed;
    const double before = cpu_seconds();
    model::synthesize_all(**tts, call);
    said.cpu += cpu_seconds() - before;
    if (!call.status) return std::fprintf(stderr, "%s\n", call.status.error().message.c_str()), 1;
    said.audio += static_cast<double>(call.audio.floats().size()) / (*tts)->rate();
    const std::string text =
        hear(asr, convert_rate(call.audio.floats(), (*tts)->rate(), model::kAsrRate), heard);
    std::printf("%d\t%s\n", ++number, text.c_str());
  }
  print("synthesis", said);
  print("recognition", heard);
  return 0;
}

int run(int argc, char** argv) {
  const std::string_view mode = argc > 2 ? argv[1] : "";
  auto asr = MoonshineAsr::load(model_path("moonshine-tiny-en"));
  if (!asr) return std::fprintf(stderr, "%s\n", asr.error().message.c_str()), 1;
  if (mode == "transcribe") return transcribe(**asr, argc - 2, argv + 2);
  if (mode == "say" && argc >= 4) {
    return say(**asr, argv[2], argv[3], argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 1,
               argc > 5 ? argv[5] : "en_US-joe-medium");
  }
  std::fputs("usage: speech_score transcribe FILE… | say PHONEMIZER LIST [SEED [VOICE]]\n", stderr);
  return 2;
}

}  // namespace
}  // namespace parley::backend

int main(int argc, char** argv) { return parley::backend::run(argc, argv); }
