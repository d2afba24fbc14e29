// SPDX-License-Identifier: Apache-2.0
//
// How soon a voice is heard, and what that costs. Goal: from submit to the first part at most 100
// ms at the median for texts of one to three sentences, and no more CPU in all than without
// windows.
//
//   tts_first_audio PHONEMIZER TEXTS [ROUNDS [UNCUT.onnx [VOICE]]]
//
// For each line of TEXTS, its first sentence and all of it as one call: from submit to the first
// part and to the last, through a host with one thread; the CPU time of the process; and beside it,
// in turn, the same call in one piece. UNCUT.onnx is the voice as its makers give it out, before it
// was cut (same ids; its noise is its own), `-` for none: what a voice costs that is not windowed.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/onnx/ort_session.h"
#include "backend/onnx/piper_tts.h"
#include "backend/onnx/spoken_phonemes.h"
#include "backend/phonemizer/phonemizer_process.h"
#include "exec/parker.h"
#include "exec/strand.h"
#include "exec/thread_executor.h"
#include "model/model_host.h"
#include "tests/backend/onnx/recording.h"

namespace parley::backend {
namespace {

class Doorbell final : public exec::StrandBody {
 public:
  explicit Doorbell(exec::Executor& executor) : strand_(exec::Strand::make(executor, *this)) {}
  ~Doorbell() override { strand_->close(); }
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;
  [[nodiscard]] exec::Waker waker() { return strand_->waker(); }
  void wait() { parker_.park(); }

 private:
  bool run_slice() noexcept override {
    parker_.unpark();
    return false;
  }
  exec::Parker parker_;
  std::shared_ptr<exec::Strand> strand_;  // wakers share it
};

double ms(Nanos nanos) { return std::chrono::duration<double, std::milli>(nanos).count(); }

double percentile(std::vector<double> values, double part) {
  if (values.empty()) return 0.0;
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1) + 0.5)];
}

/// Figures of one way to make the speech.
struct Figures {
  std::vector<double> first_ms;  // to the first part
  std::vector<double> last_ms;
  std::vector<double> late_ms;  // the least time that a part came before it was needed
  double cpu = 0.0;             // seconds
  double audio = 0.0;           // seconds

  void print(const char* name) const {
    std::printf("  %-22s %6.1f %6.1f   %6.1f %6.1f   %7.4f", name, percentile(first_ms, 0.5),
                percentile(first_ms, 0.95), percentile(last_ms, 0.5), percentile(last_ms, 0.95),
                cpu / audio);
    if (!late_ms.empty()) std::printf("   %6.0f", percentile(late_ms, 0.0));
    std::printf("\n");
  }
};

struct Bench {
  SteadyClock clock;
  Metrics metrics;
  exec::ThreadExecutor model_thread{"tts"};
  exec::ThreadExecutor bell_thread{"bell"};
  Doorbell bell{bell_thread};
  std::array<exec::Executor*, 1> executors{&model_thread};

  bool speak(PiperTts& tts, const std::string& text, bool stream, std::uint64_t seed,
             Figures& figures) {
    model::TtsModelHost host(tts, {.name = "tts", .queue_max = 4}, executors, clock, metrics);
    const auto call = std::make_shared<model::TtsCall>();
    call->text = text;
    call->stream = stream;
    call->seed = seed;
    const double cpu = cpu_seconds();
    const Instant start = clock.now();
    std::optional<Instant> first;
    std::int64_t samples = 0;
    double ahead = 1e9;
    call->begin(bell.waker(), start);
    if (!host.submit(call)) return false;
    for (bool is_done = false; !is_done;) {
      bell.wait();
      is_done = call->done();
      while (const std::optional<media::BufferRef> part = call->parts.try_pop()) {
        const Instant now = clock.now();
        if (!first) {
          first = now;
        } else {
          const double played = 1000.0 * static_cast<double>(samples) / tts.rate();
          ahead = std::min(ahead, played - ms(now - *first));
        }
        samples += static_cast<std::int64_t>(part->floats().size());
      }
    }
    const Instant end = clock.now();
    if (!call->status) {
      std::fprintf(stderr, "%s\n", call->status.error().message.c_str());
      return false;
    }
    if (!stream) samples = static_cast<std::int64_t>(call->audio.floats().size());
    figures.cpu += cpu_seconds() - cpu;
    figures.audio += static_cast<double>(samples) / tts.rate();
    figures.first_ms.push_back(ms(first.value_or(end) - start));
    figures.last_ms.push_back(ms(end - start));
    if (stream && ahead < 1e9) figures.late_ms.push_back(ahead);
    return true;
  }

  /// The graph before it was cut, with the same ids.
  bool speak_uncut(const InferenceSession& session, const PiperVoice& voice, Phonemizer& phonemizer,
                   const std::string& text, Figures& figures) {
    const double cpu = cpu_seconds();
    const Instant start = clock.now();
    const auto spoken = spoken_phonemes(phonemizer, text, voice.language);
    if (!spoken) return false;
    std::vector<std::int64_t> ids = voice.ids(spoken->whole);
    auto length = static_cast<std::int64_t>(ids.size());
    std::array<float, 3> scales{voice.noise_scale, voice.length_scale, voice.noise_w};
    using Shape = std::vector<std::int64_t>;
    const auto input = tensor(ids, Shape{1, length});
    const auto lengths = tensor(std::span(&length, 1), Shape{1});
    const auto scale = tensor(scales, Shape{3});
    constexpr std::array kIn{"input", "input_lengths", "scales"};
    constexpr std::array kOut{"output"};
    const std::array<const OrtValue*, 3> in{input->get(), lengths->get(), scale->get()};
    std::array<OrtValue*, 1> out{nullptr};
    if (!session.run(nullptr, kIn, in, kOut, out)) return false;
    const OrtValuePtr output(out[0]);
    figures.cpu += cpu_seconds() - cpu;
    figures.audio += static_cast<double>(floats(*output)->size()) / voice.rate;
    figures.first_ms.push_back(ms(clock.now() - start));
    figures.last_ms.push_back(figures.first_ms.back());
    return true;
  }
};

std::string first_sentence(const std::string& text) {
  const std::size_t end = text.find_first_of(".!?");
  return end == std::string::npos ? text : text.substr(0, end + 1);
}

int run(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: tts_first_audio PHONEMIZER TEXTS [ROUNDS [UNCUT.onnx [VOICE]]]\n", stderr);
    return 2;
  }
  Bench bench;
  PhonemizerProcess phonemizer({.program = argv[1]}, bench.metrics);
  const std::string folder = model_path(argc > 5 ? argv[5] : "en_US-joe-medium");
  auto tts = PiperTts::load(folder, phonemizer);
  const auto voice = PiperVoice::load(folder + "/voice.json");
  if (!tts || !voice) return std::fprintf(stderr, "%s\n", tts.error().message.c_str()), 1;
  std::optional<InferenceSession> uncut;
  if (argc > 4 && std::string_view(argv[4]) != "-") {
    auto loaded = InferenceSession::load(argv[4], {"input", "input_lengths", "scales"}, {"output"});
    if (!loaded) return std::fprintf(stderr, "%s\n", loaded.error().message.c_str()), 1;
    uncut = std::move(*loaded);
  }
  std::vector<std::string> texts;
  std::ifstream in(argv[2]);
  for (std::string line; std::getline(in, line);) texts.push_back(line);
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 3;

  for (const bool is_whole : {false, true}) {
    Figures windowed;
    Figures one_piece;
    Figures as_given;
    for (int round = 0; round < rounds; ++round) {
      for (const std::string& line : texts) {
        const std::string text = is_whole ? line : first_sentence(line);
        const auto seed = static_cast<std::uint64_t>(round);
        if (!bench.speak(**tts, text, true, seed, windowed)) return 1;
        if (!bench.speak(**tts, text, false, seed, one_piece)) return 1;
        if (uncut && !bench.speak_uncut(*uncut, *voice, phonemizer, text, as_given)) return 1;
      }
    }
    std::printf("%s: %zu calls, %.1f s of audio each\n",
                is_whole ? "whole texts" : "first sentences", windowed.first_ms.size(),
                windowed.audio / static_cast<double>(windowed.first_ms.size()));
    std::printf("  %-22s %6s %6s   %6s %6s   %7s   %6s\n", "", "first", "p95", "last", "p95",
                "CPU/s", "ahead");
    windowed.print("in parts");
    one_piece.print("in one piece");
    if (uncut) as_given.print("before it was cut");
  }
  return 0;
}

}  // namespace
}  // namespace parley::backend

int main(int argc, char** argv) { return parley::backend::run(argc, argv); }
