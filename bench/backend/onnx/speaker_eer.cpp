// SPDX-License-Identifier: Apache-2.0
//
// How well voices are told apart. Goals: an equal error rate of at most 5 % over all pairs of the
// clips with 3 s of speech each, and at most 20 ms of CPU for a clip of 4.3 s.
//
//   speaker_eer FOLDER        of SPEAKER-….flac files; needs the models ge2e and silero-vad
//
// Each clip is cut to so many seconds from where Silero hears speech begin. Prints what
// docs/measurements/speakers.md shows.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "backend/onnx/ge2e_speaker.h"
#include "backend/silero/silero_vad.h"
#include "service/speakers/speaker_match.h"
#include "tests/backend/onnx/recording.h"

namespace parley::backend {
namespace {

constexpr double kAllSeconds[]{1.0, 1.6, 2.0, 3.0, 5.0};
constexpr std::size_t kAllSteps[]{40, 77, 107, 160};
constexpr double kMainSeconds = 3.0;
constexpr double kClipSeconds = 4.3;  // of which the cost is told
constexpr int kCostRounds = 20;

struct Clip {
  std::string speaker;
  std::vector<float> audio;  // from where speech begins
};

struct Voice {
  std::string speaker;
  store::VoicePrint print;
};

struct ErrorRate {
  double equal = 0.0;  // part of 1
  float threshold = 0.0F;
};

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "speaker_eer: %s\n", why.c_str());
  std::exit(1);
}

template <typename T>
T must(Result<T> result) {
  if (!result) stop(result.error().message);
  return *std::move(result);
}

std::size_t first_speech(SileroVad& vad, std::span<const float> audio) {
  model::VadCall call;
  for (std::size_t at = 0; at + model::kVadWindowSamples <= audio.size();
       at += model::kVadWindowSamples) {
    std::ranges::copy(audio.subspan(at, model::kVadWindowSamples), call.window.begin());
    model::VadCall* const batch[]{&call};
    vad.infer(batch);
    if (call.probability >= 0.5F) return at;
  }
  return 0;
}

std::vector<Clip> read_clips(const std::string& folder) {
  const auto vad = must(SileroVad::load(model_path("silero-vad/silero_vad_16k_op15.onnx")));
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".flac") files.insert(entry.path());
  }
  std::vector<Clip> clips;
  for (const auto& file : files) {
    auto audio = read_recording(file.string());
    if (!audio) stop(file.string() + " cannot be read");
    const std::string name = file.stem().string();
    const auto begin = static_cast<std::ptrdiff_t>(first_speech(*vad, *audio));
    clips.push_back({name.substr(0, name.find('-')), {audio->begin() + begin, audio->end()}});
  }
  if (clips.empty()) stop("no *.flac in " + folder);
  return clips;
}

std::vector<float> embed(Ge2eSpeaker& model, std::vector<float> audio) {
  model::SpeakerCall call;
  call.audio = std::move(audio);
  model.embed(call);
  if (!call.status) stop(call.status.error().message);
  return call.embedding;
}

std::vector<Voice> voices_of(Ge2eSpeaker& model, const std::vector<Clip>& clips, double seconds) {
  std::vector<Voice> voices;
  for (const Clip& clip : clips) {
    voices.push_back({clip.speaker, {model.name(), embed(model, cut(clip.audio, 0.0, seconds))}});
  }
  return voices;
}

struct Pairs {
  std::vector<float> same;   // sorted
  std::vector<float> other;  // sorted
};

Pairs pairs_of(const std::vector<Voice>& voices) {
  Pairs pairs;
  for (std::size_t i = 0; i < voices.size(); ++i) {
    for (std::size_t j = i + 1; j < voices.size(); ++j) {
      const float score = service::similarity(voices[i].print.embedding, voices[j].print.embedding);
      (voices[i].speaker == voices[j].speaker ? pairs.same : pairs.other).push_back(score);
    }
  }
  std::ranges::sort(pairs.same);
  std::ranges::sort(pairs.other);
  return pairs;
}

double part_below(const std::vector<float>& sorted, float threshold) {
  const auto below = std::ranges::lower_bound(sorted, threshold) - sorted.begin();
  return static_cast<double>(below) / static_cast<double>(sorted.size());
}

double rejected(const Pairs& pairs, float threshold) { return part_below(pairs.same, threshold); }
double accepted(const Pairs& pairs, float threshold) {
  return 1.0 - part_below(pairs.other, threshold);
}

/// Where as many strangers pass as friends are turned away.
ErrorRate error_rate(const Pairs& pairs) {
  ErrorRate best;
  double least = 2.0;
  for (const float threshold : pairs.same) {
    const double apart = std::abs(rejected(pairs, threshold) - accepted(pairs, threshold));
    if (apart >= least) continue;
    least = apart;
    best = {(rejected(pairs, threshold) + accepted(pairs, threshold)) / 2.0, threshold};
  }
  return best;
}

struct Identified {
  int asked = 0;
  int right = 0;            // the most similar one is the speaker
  int right_known = 0;      // and similar enough
  int wrong_known = 0;      // another one is, and similar enough
  int strangers = 0;        // asked with the speaker not enrolled
  int strangers_known = 0;  // taken for somebody
};

/// Enrols the clip number `nth` of each speaker, and asks whose all others are; then once more
/// without the speaker.
void identify_all(const std::vector<Voice>& voices, std::size_t nth, float threshold,
                  Identified& counts) {
  std::vector<store::Speaker> speakers;
  std::set<const Voice*> enrolled;
  std::string last;
  std::size_t number = 0;
  for (const Voice& voice : voices) {
    number = voice.speaker == last ? number + 1 : 0;
    last = voice.speaker;
    if (number != nth) continue;
    speakers.push_back({.name = voice.speaker, .voice = voice.print});
    enrolled.insert(&voice);
  }
  for (const Voice& voice : voices) {
    if (enrolled.contains(&voice)) continue;
    const auto who = service::identify(speakers, voice.print, threshold);
    ++counts.asked;
    counts.right += who->name == voice.speaker ? 1 : 0;
    counts.right_known += who->name == voice.speaker && who->is_match ? 1 : 0;
    counts.wrong_known += who->name != voice.speaker && who->is_match ? 1 : 0;
    std::vector<store::Speaker> others = speakers;
    std::erase_if(others, [&](const store::Speaker& one) { return one.name == voice.speaker; });
    ++counts.strangers;
    counts.strangers_known += service::identify(others, voice.print, threshold)->is_match ? 1 : 0;
  }
}

double percent(double part) { return 100.0 * part; }
double percent(int part, int whole) { return 100.0 * part / whole; }

/// Median of CPU time, in ms.
double cost_ms(Ge2eSpeaker& model, const std::vector<Clip>& clips, double seconds) {
  const Clip* long_enough = nullptr;
  for (const Clip& clip : clips) {
    if (static_cast<double>(clip.audio.size()) >= seconds * model::kSpeakerRate) {
      long_enough = &clip;
    }
  }
  if (long_enough == nullptr) stop("no clip is long enough");
  std::vector<double> costs;
  for (int i = 0; i < kCostRounds; ++i) {
    const double before = cpu_seconds();
    embed(model, cut(long_enough->audio, 0.0, seconds));
    costs.push_back(1e3 * (cpu_seconds() - before));
  }
  std::ranges::nth_element(costs, costs.begin() + kCostRounds / 2);
  return costs[kCostRounds / 2];
}

std::unique_ptr<Ge2eSpeaker> load(std::size_t step_frames) {
  return must(Ge2eSpeaker::load(model_path("ge2e/ge2e.onnx"), {.step_frames = step_frames}));
}

void print_rates(const std::vector<Clip>& clips) {
  std::puts(
      "| speech | a window every | equal error rate | its threshold | the nearest enrolled "
      "speaker is the right one | CPU |\n| --- | --- | --- | --- | --- | --- |");
  for (const std::size_t step : kAllSteps) {
    const auto model = load(step);
    for (const double seconds : kAllSeconds) {
      if (step != kPartialStepFrames && seconds != kMainSeconds) continue;
      const std::vector<Voice> voices = voices_of(*model, clips, seconds);
      const ErrorRate rate = error_rate(pairs_of(voices));
      Identified counts;
      identify_all(voices, 0, rate.threshold, counts);
      std::printf("| %.1f s | %.2f s | %.2f %% | %.3f | %.1f %% | %.1f ms |\n", seconds,
                  static_cast<double>(step) / 100.0, percent(rate.equal),
                  static_cast<double>(rate.threshold), percent(counts.right, counts.asked),
                  cost_ms(*model, clips, seconds));
    }
    std::printf("| %.1f s | %.2f s | | | | %.1f ms |\n", kClipSeconds,
                static_cast<double>(step) / 100.0, cost_ms(*model, clips, kClipSeconds));
  }
}

void print_thresholds(const std::vector<Voice>& voices) {
  const Pairs pairs = pairs_of(voices);
  std::printf("\n%zu clips, %.0f s: %zu pairs of one speaker, %zu of two\n\n", voices.size(),
              kMainSeconds, pairs.same.size(), pairs.other.size());
  std::puts(
      "| threshold | pairs of one speaker turned away | pairs of two let pass | identified "
      "| taken for another | nobody | strangers taken for somebody |\n"
      "| --- | --- | --- | --- | --- | --- | --- |");
  for (int hundredths = 66; hundredths <= 90; hundredths += 3) {
    const float threshold = static_cast<float>(hundredths) / 100.0F;
    Identified counts;
    for (std::size_t nth = 0; nth < 10; ++nth) identify_all(voices, nth, threshold, counts);
    std::printf("| %.2f | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f %% |\n",
                static_cast<double>(threshold), percent(rejected(pairs, threshold)),
                percent(accepted(pairs, threshold)), percent(counts.right_known, counts.asked),
                percent(counts.wrong_known, counts.asked),
                percent(counts.asked - counts.right_known - counts.wrong_known, counts.asked),
                percent(counts.strangers_known, counts.strangers));
  }
}

int run(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: speaker_eer FOLDER\n", stderr), 2;
  const std::vector<Clip> clips = read_clips(argv[1]);
  print_rates(clips);
  print_thresholds(voices_of(*load(kPartialStepFrames), clips, kMainSeconds));
  return 0;
}

}  // namespace
}  // namespace parley::backend

int main(int argc, char** argv) { return parley::backend::run(argc, argv); }
