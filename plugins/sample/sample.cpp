// SPDX-License-Identifier: Apache-2.0
//
// A plugin with two kinds of operators:
//   sample_gain      makes audio louder or softer, in the buffer in which it came
//   sample_loudness  says in words when audio becomes loud or quiet, and measures each frame
//
// Nothing that is thrown may leave a plugin: what allocates here is caught in `make`.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>

#include "parley/plugin.h"

namespace {

double factor_of(double decibels) { return std::pow(10.0, decibels / 20.0); }

// --- sample_gain
// ----------------------------------------------------------------------------------

class Gain {
 public:
  Gain(const parley_host& host, const parley_value* options)
      : host_(host),
        factor_(options[1].flag != 0 ? 0.0F : static_cast<float>(factor_of(options[0].number))) {}

  std::int32_t process() {
    parley_frame frame;
    while (host_.has_room(&host_, 0, 1) != 0) {
      if (host_.pop(&host_, 0, &frame) == 0) return PARLEY_NEED_INPUT;
      if (frame.buffer.size != 0) {
        // In place when nobody else has this buffer, else in a copy that the host makes.
        auto* const samples = static_cast<float*>(host_.writable(&host_, &frame.buffer));
        if (samples == nullptr) return PARLEY_FAILED;
        std::for_each_n(samples, frame.buffer.size / sizeof(float),
                        [this](float& sample) { sample *= factor_; });
      }
      host_.push(&host_, 0, &frame);
    }
    return PARLEY_BLOCKED;
  }

 private:
  const parley_host& host_;
  float factor_;
};

// --- sample_loudness
// ------------------------------------------------------------------------------

// What travels in the opaque frames, of type parley_type_of("parley.sample.loudness/1").
struct Loudness {
  float peak = 0.0F;
  float rms = 0.0F;
};

class LoudnessMeter {
 public:
  LoudnessMeter(const parley_host& host, const parley_value* options)
      : host_(host), threshold_(factor_of(options[0].number)) {}

  std::int32_t process() {
    parley_frame frame;
    while (host_.has_room(&host_, kText, 1) != 0 && host_.has_room(&host_, kMeasure, 1) != 0) {
      if (host_.pop(&host_, 0, &frame) == 0) return PARLEY_NEED_INPUT;
      const Loudness loudness = measure(frame);
      if (!send(frame, loudness)) return PARLEY_FAILED;
      const std::int32_t is_loud = static_cast<double>(loudness.rms) >= threshold_ ? 1 : 0;
      if (is_loud != is_loud_) say(frame, is_loud != 0 ? "loud" : "quiet");
      is_loud_ = is_loud;
    }
    return PARLEY_BLOCKED;
  }

  // Hot update: a successor does not say again what was said.
  std::uint64_t save(void* data, std::uint64_t size) const {
    if (size >= sizeof(is_loud_)) std::memcpy(data, &is_loud_, sizeof(is_loud_));
    return sizeof(is_loud_);
  }
  std::int32_t load(const void* data, std::uint64_t size) {
    if (size != sizeof(is_loud_)) return 0;
    std::memcpy(&is_loud_, data, sizeof(is_loud_));
    return 1;
  }

 private:
  static constexpr std::uint32_t kText = 0;  // outputs, as in the table below
  static constexpr std::uint32_t kMeasure = 1;

  static Loudness measure(const parley_frame& frame) {
    const auto* const samples = static_cast<const float*>(frame.buffer.data);
    const std::uint64_t count = frame.buffer.size / sizeof(float);
    Loudness loudness;
    double energy = 0.0;
    for (std::uint64_t i = 0; i < count; ++i) {
      loudness.peak = std::max(loudness.peak, std::fabs(samples[i]));
      energy += static_cast<double>(samples[i]) * static_cast<double>(samples[i]);
    }
    if (count != 0)
      loudness.rms = static_cast<float>(std::sqrt(energy / static_cast<double>(count)));
    return loudness;
  }

  // The new frame begins as a copy of the one that it is about: stream, time, turn.
  bool send(const parley_frame& about, const Loudness& loudness) {
    parley_frame frame = about;
    frame.kind = PARLEY_OPAQUE;
    frame.as.opaque.type = parley_type_of("parley.sample.loudness/1");
    void* const bytes = host_.take(&host_, sizeof(loudness), &frame.buffer);
    if (bytes == nullptr) return false;
    std::memcpy(bytes, &loudness, sizeof(loudness));
    return host_.push(&host_, kMeasure, &frame) != 0;
  }

  void say(const parley_frame& about, const char* word) {
    char text[64];
    const double seconds = static_cast<double>(about.pts) / PARLEY_FLICKS_PER_SECOND;
    const int size = std::snprintf(text, sizeof(text), "%s from %.2f s", word, seconds);
    parley_frame frame = about;
    frame.kind = PARLEY_TEXT;
    frame.buffer = {};
    frame.as.text = {text, static_cast<std::uint64_t>(size)};
    host_.push(&host_, kText, &frame);
  }

  const parley_host& host_;
  double threshold_;
  std::int32_t is_loud_ = 0;
};

// --- what the host calls
// --------------------------------------------------------------------------

template <typename Op>
void* make(const parley_host* host, const parley_value* options) {
  try {
    return std::make_unique<Op>(*host, options).release();
  } catch (...) {
    host->fail(host, "no memory");
    return nullptr;
  }
}
template <typename Op>
void destroy(void* self) {
  std::unique_ptr<Op>(static_cast<Op*>(self)).reset();
}
template <typename Op>
std::int32_t process(void* self) {
  return static_cast<Op*>(self)->process();
}

constexpr parley_state_extension kLoudnessState{
    [](void* self, void* data, std::uint64_t size) {
      return static_cast<LoudnessMeter*>(self)->save(data, size);
    },
    [](void* self, const void* data, std::uint64_t size) {
      return static_cast<LoudnessMeter*>(self)->load(data, size);
    }};

const void* loudness_extension(const char* id) {
  return std::strcmp(id, PARLEY_EXT_STATE) == 0 ? &kLoudnessState : nullptr;
}

// --- the table
// ------------------------------------------------------------------------------------

constexpr parley_port audio_port(const char* format_of) {
  return {"audio", PARLEY_AUDIO, 0, 0, 0, 0, 0, {}, format_of};
}
constexpr parley_port event_port(const char* name, std::uint32_t frame) {
  return {name, frame, 0, 0, 0, 0, 0, {}, nullptr};
}
constexpr parley_value number(double preset) { return {PARLEY_NUMBER, 0, 0, preset, nullptr}; }
constexpr parley_value flag(std::int32_t preset) { return {PARLEY_FLAG, preset, 0, 0.0, nullptr}; }

constexpr std::array kAudioIn{audio_port(nullptr)};
constexpr std::array kGainOut{audio_port("audio")};
constexpr std::array kGainOptions{
    parley_option{"gain_db", "Decibels to add", number(0.0), -60.0, 60.0},
    parley_option{"muted", "Gives silence instead", flag(0), 0.0, 0.0}};

constexpr std::array kLoudnessOut{event_port("text", PARLEY_TEXT),
                                  event_port("measure", PARLEY_OPAQUE)};
constexpr std::array kLoudnessOptions{parley_option{
    "threshold_db", "Root mean square, in decibels of full scale, from which audio is loud",
    number(-30.0), -120.0, 0.0}};

constexpr std::array kOperators{
    parley_operator{"sample_gain", "1.0.0", "Makes audio louder or softer", kAudioIn.data(),
                    kGainOut.data(), kGainOptions.data(), 1, 1, 2, 0, make<Gain>, destroy<Gain>,
                    nullptr, process<Gain>, nullptr, nullptr, nullptr},
    parley_operator{"sample_loudness", "1.0.0", "Says when audio becomes loud or quiet",
                    kAudioIn.data(), kLoudnessOut.data(), kLoudnessOptions.data(), 1, 2, 1, 0,
                    make<LoudnessMeter>, destroy<LoudnessMeter>, nullptr, process<LoudnessMeter>,
                    nullptr, nullptr, loudness_extension}};

constexpr parley_plugin kPlugin{PARLEY_PLUGIN_ABI, kOperators.size(), "sample",
                                "1.0.0",           kOperators.data(), nullptr};

}  // namespace

extern "C" PARLEY_PLUGIN_EXPORT const parley_plugin* parley_plugin_entry(void);
const parley_plugin* parley_plugin_entry(void) { return &kPlugin; }
