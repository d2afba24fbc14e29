// SPDX-License-Identifier: Apache-2.0
#include "operators/flow/mixer_operator.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "dsp/gain.h"
#include "dsp/mixer.h"
#include "media/copy_count.h"

namespace parley::operators {

using graph::Progress;
using media::MediaTime;

namespace {

Result<std::vector<float>> read_gains(std::string_view text, int inputs) {
  std::vector<float> gains;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    float decibels = 0.0F;
    const auto [next, error] = std::from_chars(at, end, decibels);
    if (error != std::errc() || decibels < -120.0F || decibels > 60.0F) {
      return Error{ErrorCode::invalid_argument,
                   "gains_db: '" + std::string(text) + "' is no list of numbers from -120 to 60"};
    }
    gains.push_back(dsp::gain_of_decibels(decibels));
    at = next;
  }
  if (gains.empty()) gains.assign(static_cast<std::size_t>(inputs), 1.0F);
  if (gains.size() != static_cast<std::size_t>(inputs)) {
    return Error{ErrorCode::invalid_argument, "gains_db: " + std::to_string(gains.size()) +
                                                  " numbers for " + std::to_string(inputs) +
                                                  " inputs"};
  }
  return gains;
}

}  // namespace

Result<Progress> MixerOperator::process(graph::ProcessContext&) {
  if (finished_) return Progress::need_input;
  while (true) {
    bool moved = false;
    for (Voice& voice : voices_) {
      while (voice.port->peek() != nullptr) {
        PARLEY_TRY(const bool taken, take(voice));
        if (!taken) break;
        moved = true;
      }
    }
    while (has_begun_ && block_is_ready()) {
      if (!out_.has_room()) return Progress::blocked;
      push_block();
      moved = true;
      if (finished_) return Progress::need_input;
    }
    if (!moved) return Progress::need_input;
  }
}

Result<bool> MixerOperator::take(Voice& voice) {
  const media::AudioFrame& front = *voice.port->peek();
  if (front.format.rate != rate_ || front.format.channels != 1) {
    const media::AudioFormat format = front.format;
    static_cast<void>(voice.port->pop());
    return Error{ErrorCode::invalid_argument,
                 voice.port->name() + ": a frame of " + std::to_string(format.rate) + " Hz and " +
                     std::to_string(format.channels) + " channels; wanted are " +
                     std::to_string(rate_) + " Hz, mono"};
  }
  const std::span<const float> samples = front.samples.floats();
  const std::int64_t from = front.head.pts.samples(rate_);
  const std::int64_t end = from + static_cast<std::int64_t>(samples.size());
  if (!has_begun_) {
    has_begun_ = true;
    begin_ = from;
    newest_ = from;
  }
  const auto capacity = static_cast<std::int64_t>(sum_.size());
  if (end - from > samples_of(kFrameMaxMs)) {
    static_cast<void>(voice.port->pop());
    return Error{ErrorCode::invalid_argument, voice.port->name() + ": a frame of more than " +
                                                  std::to_string(kFrameMaxMs) + " ms"};
  }
  // The one ahead lets blocks go out by `hold`, and comes in then.
  newest_ = std::max(newest_, end);
  if (end > begin_ + capacity) return false;
  add(voice, from, samples);
  voice.has_begun = true;
  voice.end = std::max(voice.end, end);
  voice.has_ended = front.head.is_last;
  static_cast<void>(voice.port->pop());
  return true;
}

void MixerOperator::add(const Voice& voice, std::int64_t from, std::span<const float> samples) {
  const std::int64_t early =
      std::clamp<std::int64_t>(begin_ - from, 0, static_cast<std::int64_t>(samples.size()));
  late_ += static_cast<std::uint64_t>(early);
  samples = samples.subspan(static_cast<std::size_t>(early));
  from += early;
  if (samples.empty()) return;
  const auto size = static_cast<std::int64_t>(sum_.size());
  const auto at = static_cast<std::size_t>(((from % size) + size) % size);
  const std::size_t first = std::min(samples.size(), sum_.size() - at);
  dsp::mix(std::span(sum_).subspan(at, first), samples.first(first), voice.gain);
  dsp::mix(std::span(sum_).first(samples.size() - first), samples.subspan(first), voice.gain);
}

bool MixerOperator::block_is_ready() const {
  const std::int64_t end = begin_ + block_;
  if (newest_ <= begin_) return all_ended();
  if (newest_ >= end + hold_) return true;
  return std::all_of(voices_.begin(), voices_.end(), [end](const Voice& voice) {
    return voice.has_ended || (voice.has_begun && voice.end >= end);
  });
}

bool MixerOperator::all_ended() const {
  return std::all_of(voices_.begin(), voices_.end(),
                     [](const Voice& voice) { return voice.has_ended; });
}

void MixerOperator::push_block() {
  std::int64_t length = block_;
  const bool is_last = all_ended() && newest_ <= begin_ + block_;
  if (is_last) length = std::max<std::int64_t>(0, newest_ - begin_);
  media::AudioFrame frame;
  frame.head.pts = MediaTime::from_samples(begin_, rate_);
  frame.head.duration = MediaTime::from_samples(length, rate_);
  frame.head.is_last = is_last;
  frame.format = {.rate = rate_, .channels = 1};
  if (length > 0) {
    frame.samples = buffers_.take_floats(static_cast<std::size_t>(length));
    const std::span<float> out = frame.samples.writable_floats();
    const auto size = static_cast<std::int64_t>(sum_.size());
    for (std::int64_t i = 0; i < length; ++i) {
      float& sample = sum_[static_cast<std::size_t>((((begin_ + i) % size) + size) % size)];
      out[static_cast<std::size_t>(i)] = sample;
      sample = 0.0F;
    }
    media::note_copied(out.size_bytes());
    limited_ += dsp::limit(out);
  }
  begin_ += length;
  finished_ = is_last;
  out_.push(std::move(frame));
}

Result<std::unique_ptr<MixerOperator>> MixerOperator::make(const Options& options,
                                                           media::BufferPool& buffers) {
  PARLEY_CHECK(options.inputs >= 1 && options.inputs <= kInputsMax);
  PARLEY_CHECK(options.hold_ms >= 0 && options.hold_ms <= kHoldMaxMs);
  PARLEY_TRY(std::vector<float> gains, read_gains(options.gains_db, options.inputs));
  return std::unique_ptr<MixerOperator>(new MixerOperator(options, std::move(gains), buffers));
}

MixerOperator::MixerOperator(const Options& options, std::vector<float> gains,
                             media::BufferPool& buffers)
    : rate_(options.rate_hz),
      block_(samples_of(options.block_ms)),
      hold_(samples_of(options.hold_ms)),
      buffers_(buffers),
      out_(*this, "audio", {.rate_hz = options.rate_hz, .channels = 1}),
      sum_(static_cast<std::size_t>(samples_of(kAheadMaxMs))) {
  for (int i = 0; i < options.inputs; ++i) {
    voices_.push_back({.port = std::make_unique<graph::In<media::AudioFrame>>(
                           *this, "in" + std::to_string(i + 1),
                           graph::InOptions{.rate_hz = options.rate_hz, .channels = 1}),
                       .gain = gains[static_cast<std::size_t>(i)]});
  }
}

}  // namespace parley::operators
