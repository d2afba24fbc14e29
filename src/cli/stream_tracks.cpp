// SPDX-License-Identifier: Apache-2.0
#include "cli/stream_tracks.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace parley::cli {
namespace {

constexpr std::size_t kStep = kBenchRate / 100;  // 10 ms: quiet is judged in these
constexpr std::size_t kStretchStepsMin = 6;
constexpr std::size_t kFade = kStep;
constexpr double kFullScale = 32'768.0;
// A stretch is quiet where no step is louder than the clip's quietest tenth by this much (power).
constexpr double kQuietMargin = 4.0;
// Quieter than -90 dBFS is no microphone.
constexpr double kDigitalSilence = 1e-9;

using Stretch = std::vector<float>;

double power(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const std::int16_t sample : samples) {
    const double value = sample / kFullScale;
    sum += value * value;
  }
  return sum / static_cast<double>(samples.size());
}

Stretch at_room_level(std::span<const std::int16_t> samples) {
  const double gain = std::pow(10.0, kRoomLevel / 20.0) / std::sqrt(power(samples)) / kFullScale;
  Stretch stretch(samples.size());
  std::transform(samples.begin(), samples.end(), stretch.begin(),
                 [gain](std::int16_t sample) { return static_cast<float>(sample * gain); });
  return stretch;
}

void add_stretches(const BenchClip& clip, std::vector<Stretch>& stretches) {
  const std::span<const std::int16_t> all = clip.samples;
  std::vector<double> steps;
  for (std::size_t at = 0; at + kStep <= all.size(); at += kStep) {
    steps.push_back(power(all.subspan(at, kStep)));
  }
  std::vector<double> sorted = steps;
  std::erase_if(sorted, [](double step) { return step < kDigitalSilence; });
  if (sorted.empty()) return;
  const auto tenth = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 10);
  std::nth_element(sorted.begin(), tenth, sorted.end());
  const double limit = *tenth * kQuietMargin;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= steps.size(); ++i) {
    if (i < steps.size() && steps[i] <= limit && steps[i] >= kDigitalSilence) continue;
    if (i - begin >= kStretchStepsMin) {
      stretches.push_back(at_room_level(all.subspan(begin * kStep, (i - begin) * kStep)));
    }
    begin = i + 1;
  }
}

/// Stretch after stretch, each faded into the next, so that no border clicks.
class Room {
 public:
  Room(std::span<const Stretch> stretches, Random& random)
      : stretches_(stretches), random_(random), now_(&any()), next_(&any()) {}

  float sample() {
    const std::size_t left = now_->size() - at_;
    float value = (*now_)[at_];
    if (left <= kFade) {
      // Powers add up to one, so the level stays.
      const float share = static_cast<float>(left) / static_cast<float>(kFade);
      value = value * std::sqrt(share) + (*next_)[kFade - left] * std::sqrt(1.0F - share);
    }
    if (++at_ == now_->size()) {
      now_ = next_;
      next_ = &any();
      at_ = kFade;
    }
    return value;
  }

 private:
  const Stretch& any() { return stretches_[random_.next() % stretches_.size()]; }

  std::span<const Stretch> stretches_;
  Random& random_;
  const Stretch* now_;
  const Stretch* next_;
  std::size_t at_ = 0;
};

std::int16_t to_sample(float value, int speech) {
  const int sum = static_cast<int>(std::lround(static_cast<double>(value) * kFullScale)) + speech;
  return static_cast<std::int16_t>(std::clamp(sum, -32'768, 32'767));
}

}  // namespace

Result<std::vector<StreamTrack>> make_stream_tracks(std::span<const BenchClip> clips,
                                                    std::size_t count, int seconds,
                                                    std::uint64_t seed) {
  std::vector<Stretch> stretches;
  for (const BenchClip& clip : clips) add_stretches(clip, stretches);
  if (stretches.empty()) {
    return Error{ErrorCode::not_found, "the recordings have no quiet stretch to make a room of"};
  }
  Random random(seed);
  std::vector<StreamTrack> tracks(count);
  for (StreamTrack& track : tracks) {
    Room room(stretches, random);
    const auto length = static_cast<std::size_t>(seconds) * kBenchRate;
    while (track.samples.size() < length) {
      const BenchClip& clip = clips[random.next() % clips.size()];
      for (const std::int16_t sample : clip.samples) {
        track.samples.push_back(to_sample(room.sample(), sample));
      }
      track.speech_samples += clip.samples.size();
      const auto whole =
          static_cast<std::size_t>(static_cast<double>(track.speech_samples) / kSpeechShare);
      const std::size_t frames = (whole + kBenchFrameSamples - 1) / kBenchFrameSamples;
      while (track.samples.size() < frames * kBenchFrameSamples) {
        track.samples.push_back(to_sample(room.sample(), 0));
      }
    }
  }
  return tracks;
}

}  // namespace parley::cli
