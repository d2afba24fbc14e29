// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_clips.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>
#include <utility>

#include "codec/audio_file.h"

namespace parley::cli {
namespace {

constexpr std::size_t kStep = kBenchRate / 100;  // 10 ms: loudness is judged in these
constexpr std::int64_t kStepMs = 10;
// Below the loudest tenth by 18 dB is no speech. Measured on the cuts of tests/data: ends within
// 100 ms of those that were set by ear, while at 28 dB a room's echo counts for up to 550 ms more.
constexpr double kSpeechShare = 0.12;
constexpr std::size_t kLeadSteps = 20;  // kept before the first speech
constexpr float kFullScale = 32'767.0F;

std::vector<double> loudness(std::span<const float> samples) {
  std::vector<double> steps;
  for (std::size_t at = 0; at + kStep <= samples.size(); at += kStep) {
    double sum = 0;
    for (const float sample : samples.subspan(at, kStep)) {
      sum += static_cast<double>(sample) * static_cast<double>(sample);
    }
    steps.push_back(std::sqrt(sum / static_cast<double>(kStep)));
  }
  return steps;
}

double speech_threshold(std::vector<double> steps) {
  const auto tenth = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() * 9 / 10);
  std::nth_element(steps.begin(), tenth, steps.end());
  return *tenth * kSpeechShare;
}

Error no_clips(const std::string& where, std::size_t left_out, const ClipRules& rules) {
  std::string message = where + ": no recording that can be a question";
  if (left_out > 0) {
    message += " (" + std::to_string(left_out) + " are longer than " +
               std::to_string(rules.length_max.count()) + " ms or pause longer than " +
               std::to_string(rules.pause_max.count()) + " ms)";
  }
  return {ErrorCode::not_found, std::move(message)};
}

bool keeps(const BenchClip& clip, const ClipRules& rules) {
  const auto length = Millis(static_cast<std::int64_t>(clip.samples.size()) * 1000 / kBenchRate);
  return !clip.samples.empty() && length <= rules.length_max &&
         clip.longest_pause <= rules.pause_max;
}

}  // namespace

BenchClip cut_clip(std::string name, std::span<const float> samples) {
  BenchClip clip{.name = std::move(name), .samples = {}};
  const std::vector<double> steps = loudness(samples);
  if (steps.empty()) return clip;
  const double threshold = speech_threshold(steps);
  const auto is_speech = [threshold](double step) { return step > threshold; };
  const auto first = std::find_if(steps.begin(), steps.end(), is_speech);
  if (first == steps.end()) return clip;
  std::size_t last = steps.size() - 1;
  while (!is_speech(steps[last])) --last;

  std::int64_t pause = 0;
  std::int64_t longest = 0;
  for (auto step = first; step != steps.begin() + static_cast<std::ptrdiff_t>(last); ++step) {
    pause = is_speech(*step) ? 0 : pause + kStepMs;
    longest = std::max(longest, pause);
  }
  clip.longest_pause = Millis(longest);

  const auto begin_step = static_cast<std::size_t>(first - steps.begin());
  const std::size_t begin = (begin_step - std::min(begin_step, kLeadSteps)) * kStep;
  const std::span<const float> cut = samples.subspan(begin, (last + 1) * kStep - begin);
  // Filled up at the front, so that the last frame ends with the last speech.
  const std::size_t frames = (cut.size() + kBenchFrameSamples - 1) / kBenchFrameSamples;
  clip.samples.resize(frames * kBenchFrameSamples);
  std::transform(cut.begin(), cut.end(),
                 clip.samples.end() - static_cast<std::ptrdiff_t>(cut.size()),
                 [](float sample) { return static_cast<std::int16_t>(sample * kFullScale); });
  return clip;
}

Result<std::vector<BenchClip>> load_clips(const std::filesystem::path& folder,
                                          const ClipRules& rules) {
  std::error_code failure;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
    const std::string type = entry.path().extension().string();
    if (type == ".wav" || type == ".flac" || type == ".ogg" || type == ".mp3") {
      files.push_back(entry.path());
    }
  }
  if (failure) {
    return Error{ErrorCode::not_found, folder.string() + ": " + failure.message()};
  }
  std::sort(files.begin(), files.end());
  std::vector<BenchClip> clips;
  for (const std::filesystem::path& file : files) {
    PARLEY_TRY(const codec::AudioClip audio, codec::read_audio_file(file, {.rate = kBenchRate}));
    BenchClip clip = cut_clip(file.stem().string(), audio.samples);
    if (keeps(clip, rules)) clips.push_back(std::move(clip));
  }
  if (clips.empty()) return no_clips(folder.string(), files.size(), rules);
  return clips;
}

Result<std::vector<BenchClip>> load_cuts(const std::filesystem::path& table,
                                         const std::filesystem::path& folder,
                                         const ClipRules& rules) {
  std::ifstream lines(table);
  if (!lines) {
    return Error{ErrorCode::not_found,
                 table.string() + " is not there: name a folder of recordings with --clips"};
  }
  std::map<std::string, codec::AudioClip> recordings;
  std::vector<BenchClip> clips;
  std::size_t left_out = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream columns(line);
    std::string name;
    std::string file;
    double start = 0;
    double end = 0;
    if (!(columns >> name >> file >> start >> end) || start < 0 || end <= start) {
      return Error{ErrorCode::data_corrupt, table.string() + ": cannot read '" + line + "'"};
    }
    if (!recordings.contains(file)) {
      PARLEY_TRY(recordings[file], codec::read_audio_file(folder / file, {.rate = kBenchRate}));
    }
    const std::span<const float> all = recordings[file].samples;
    const std::size_t from = std::min(all.size(), static_cast<std::size_t>(start * kBenchRate));
    const std::size_t to = std::min(all.size(), static_cast<std::size_t>(end * kBenchRate));
    BenchClip clip = cut_clip(name, all.subspan(from, to - from));
    if (keeps(clip, rules)) {
      clips.push_back(std::move(clip));
    } else {
      ++left_out;
    }
  }
  if (clips.empty()) return no_clips(table.string(), left_out, rules);
  return clips;
}

}  // namespace parley::cli
