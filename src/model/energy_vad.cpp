// SPDX-License-Identifier: Apache-2.0
#include "model/energy_vad.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace parley::model {
namespace {

// The memory of the noise: minima of 12 windows each, the newest still growing, 3.07 s in all.
constexpr std::size_t kMinima = 8;
constexpr float kWindowsPerMinimum = 12.0F;
// Until something of the line is known, 1 s, the noise is taken for at most this: a caller who
// speaks at once is heard, and the noise of most lines is not.
constexpr float kFloorAtFirstDb = -45.0F;
constexpr float kFirstWindows = 31.0F;
constexpr float kSlopeDb = 1.5F;  // of the logistic function that makes a probability of decibels
constexpr float kQuietestPower = 1e-10F;  // -100 dB
// One pole at 120 Hz: e^(-2 pi 120 / 16000).
constexpr float kHighPassPole = 0.95397F;

/// What the state's floats mean; all of them are zero when a stream begins. 0 dB, full scale, then
/// stands for a minimum of nothing.
struct Memory {
  explicit Memory(VadState& state) : floats(state.hidden) {}
  float& last_in() { return floats[0]; }
  float& last_out() { return floats[1]; }
  float& windows() { return floats[2]; }     // of the stream, up to kFirstWindows
  float& in_minimum() { return floats[3]; }  // windows that the newest minimum has seen
  float& newest() { return floats[4]; }      // minimum
  float& power_before(std::size_t i) { return floats[5 + i]; }  // of the last two windows
  std::span<float> minima() { return std::span(floats).subspan(7, kMinima); }

  std::array<float, kVadHiddenFloats>& floats;
};
static_assert(7 + kMinima <= kVadHiddenFloats);

float decibels(float power) { return 10.0F * std::log10(std::max(power, kQuietestPower)); }

/// Mean square of the window without its lowest tones.
float power_of(std::span<const float> window, Memory& memory) {
  float last_in = memory.last_in();
  float last_out = memory.last_out();
  float sum = 0.0F;
  for (const float sample : window) {
    last_out = kHighPassPole * (last_out + sample - last_in);
    last_in = sample;
    sum += last_out * last_out;
  }
  memory.last_in() = last_in;
  memory.last_out() = last_out;
  return sum / static_cast<float>(window.size());
}

/// Of the noise, in decibels, once `power` has been heard.
float floor_with(float power, Memory& memory) {
  if (memory.windows() == 0.0F) {
    memory.power_before(0) = power;
    memory.power_before(1) = power;
  }
  const float smooth = (power + memory.power_before(0) + memory.power_before(1)) / 3.0F;
  memory.power_before(1) = memory.power_before(0);
  memory.power_before(0) = power;

  const std::span<float> minima = memory.minima();
  if (memory.in_minimum() == kWindowsPerMinimum) {
    memory.in_minimum() = 0.0F;
    memory.newest() = std::fmod(memory.newest() + 1.0F, static_cast<float>(kMinima));
    minima[static_cast<std::size_t>(memory.newest())] = 0.0F;
  }
  memory.in_minimum() += 1.0F;
  float& newest = minima[static_cast<std::size_t>(memory.newest())];
  newest = std::min(newest, decibels(smooth));
  float floor = *std::min_element(minima.begin(), minima.end());
  if (memory.windows() < kFirstWindows) {
    memory.windows() += 1.0F;
    floor = std::min(floor, kFloorAtFirstDb);
  }
  return std::max(floor, EnergyVad::kFloorMinDb);
}

}  // namespace

void EnergyVad::infer(std::span<VadCall* const> batch) noexcept {
  for (VadCall* const call : batch) {
    std::array<float, kVadWindowSamples> window;
    call->copy_window(window);
    Memory memory(call->state);
    const float power = power_of(window, memory);
    call->status = {};
    call->probability = 0.0F;
    if (!std::isfinite(power)) {
      call->state = {};
      continue;
    }
    const float above = decibels(power) - floor_with(power, memory);
    call->probability = 1.0F / (1.0F + std::exp((kSpeechDb - above) / kSlopeDb));
  }
}

}  // namespace parley::model
