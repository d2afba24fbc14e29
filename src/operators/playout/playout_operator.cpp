// SPDX-License-Identifier: Apache-2.0
#include "operators/playout/playout_operator.h"

#include <algorithm>
#include <utility>

#include "codec/audio_codec.h"
#include "media/copy_count.h"

namespace parley::operators {

namespace {

using graph::Progress;
using media::MediaTime;

}  // namespace

PlayoutOperator::PlayoutOperator(media::BufferPool& buffers, const SpeechSettings& settings)
    : buffers_(buffers), settings_(settings) {}

Result<Progress> PlayoutOperator::process(graph::ProcessContext& context) {
  while (true) {
    // The rate may have changed with the frame that was just taken.
    const std::size_t packet = packet_samples();
    const std::size_t waiting = pending_.size() - pending_begin_;
    if (waiting >= packet || ending_) {
      if (!packets_.has_room()) return Progress::blocked;
      if (const Nanos early = wait(context.now(), waiting); early > Nanos::zero()) {
        context.wake_at(context.now() + early);
        return Progress::need_input;
      }
      send_packet(context.now(), std::min(waiting, packet));
      continue;
    }
    if (audio_.peek() == nullptr) return Progress::need_input;
    PARLEY_TRY_STATUS(take_frame(audio_.pop()));
  }
}

Status PlayoutOperator::take_frame(const media::AudioFrame& frame) {
  if (frame.head.turn != turn_) begin_reply(frame.head.turn);
  if (frame.format.rate != input_rate_ || rate_ != settings_.rate) {
    rate_ = settings_.rate;
    input_rate_ = frame.format.rate;
    PARLEY_TRY(resampler_, dsp::Resampler::make(input_rate_, rate_));
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(pending_begin_));
  pending_begin_ = 0;

  const std::size_t held = pending_.size();
  const std::span<const float> samples = frame.samples.floats();
  pending_.resize(held + resampler_->output_size(samples.size()));
  resampler_->process(samples, std::span(pending_).subspan(held));
  media::note_copied((pending_.size() - held) * sizeof(float));
  if (frame.head.is_last) {
    const std::size_t before_tail = pending_.size();
    pending_.resize(before_tail + resampler_->flush_size());
    resampler_->flush(std::span(pending_).subspan(before_tail));
    ending_ = true;
  }
  return {};
}

void PlayoutOperator::begin_reply(media::Turn turn) {
  turn_ = turn;
  codec_ = settings_.codec;
  pending_.clear();
  pending_begin_ = 0;
  if (resampler_) resampler_->reset();
  ending_ = false;
  started_ = false;
  sent_ = {};
}

void PlayoutOperator::send_packet(Instant now, std::size_t samples) {
  media::EncodedAudio packet;
  packet.head.turn = turn_;
  packet.head.pts = sent_;
  packet.head.duration = MediaTime::from_samples(static_cast<std::int64_t>(samples), rate_);
  packet.codec = codec_;
  packet.format = {.rate = rate_, .channels = 1};
  if (samples > 0) {
    packet.bytes = buffers_.take(samples * codec::bytes_per_sample(codec_));
    codec::encode(codec_, std::span(pending_).subspan(pending_begin_, samples),
                  packet.bytes.writable());
    media::note_copied(packet.bytes.size());
  }
  pending_begin_ += samples;
  if (ending_ && pending_begin_ == pending_.size()) {
    packet.head.is_last = true;
    ending_ = false;
    release();
  }
  if (!started_) {
    started_ = true;
    play_start_ = std::max(now, busy_until_);
  }
  // The listener has run dry: what comes now plays now, and the rest after it.
  play_start_ = std::max(play_start_, now - sent_.nanos());
  sent_ += packet.head.duration;
  busy_until_ = play_start_ + sent_.nanos();
  packets_.push(std::move(packet));
}

Nanos PlayoutOperator::wait(Instant now, std::size_t samples) const {
  const bool is_silent = !started_ && samples == 0;  // a reply without a sound has no playing time
  if (settings_.lead == Millis::zero() || is_silent) return Nanos::zero();
  const Instant plays_at = started_ ? play_start_ + sent_.nanos() : busy_until_;
  return (plays_at - settings_.lead) - now;
}

void PlayoutOperator::release() {
  pending_.clear();
  pending_begin_ = 0;
  // Between replies a session holds no memory for one: most sessions are silent most of the time.
  pending_.shrink_to_fit();
}

void PlayoutOperator::on_turn(media::Turn now) noexcept {
  if (turn_ >= now) return;
  release();
  ending_ = false;
}

}  // namespace parley::operators
