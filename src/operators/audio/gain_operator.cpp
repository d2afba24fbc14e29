// SPDX-License-Identifier: Apache-2.0
#include "operators/audio/gain_operator.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <variant>

namespace parley::operators {

using graph::Progress;

GainOperator::GainOperator(Options options) : factor_(dsp::gain_of_decibels(options.gain_db)) {
  for (dsp::Gain& gain : gains_) {
    gain.set(factor_);
    gain.reset();
  }
}

Result<Progress> GainOperator::process(graph::ProcessContext&) {
  read_control();
  while (audio_.peek() != nullptr) {
    if (!out_.has_room()) return Progress::blocked;
    media::AudioFrame frame = audio_.pop();
    PARLEY_TRY_STATUS(apply(frame));
    out_.push(std::move(frame));
  }
  return Progress::need_input;
}

void GainOperator::read_control() {
  while (control_.peek() != nullptr) {
    const media::Control control = control_.pop();
    if (control.name != "gain_db") continue;
    double decibels = 0.0;
    if (const auto* number = std::get_if<double>(&control.value)) {
      decibels = *number;
    } else if (const auto* whole = std::get_if<std::int64_t>(&control.value)) {
      decibels = static_cast<double>(*whole);
    } else {
      continue;
    }
    factor_ =
        dsp::gain_of_decibels(std::clamp(static_cast<float>(decibels), kGainMinDb, kGainMaxDb));
    for (dsp::Gain& gain : gains_) gain.set(factor_);
  }
}

Status GainOperator::apply(media::AudioFrame& frame) {
  const auto channels = static_cast<std::size_t>(std::max(frame.format.channels, 0));
  if (channels < 1 || channels > kChannelsMax) {
    return Error{ErrorCode::invalid_argument, "a frame of " + std::to_string(channels) +
                                                  " channels; the gain takes 1 to " +
                                                  std::to_string(kChannelsMax)};
  }
  if (frame.format.rate != rate_) {
    rate_ = frame.format.rate;
    for (dsp::Gain& gain : gains_) gain.prepare(frame.format);
  }
  const std::size_t bytes = frame.samples.size();
  if (bytes < sizeof(float)) return {};
  const std::span<float> samples = frame.samples.writable_floats();
  const std::size_t length = samples.size() / channels;
  for (std::size_t i = 0; i < channels; ++i) gains_[i].process(samples.subspan(i * length, length));
  return {};
}

}  // namespace parley::operators
