// SPDX-License-Identifier: Apache-2.0
#include "service/xiaozhi/downlink.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace parley::service {

using media::MediaTime;

namespace {

constexpr std::int64_t kMsPerSecond = 1000;

}  // namespace

Result<Downlink> Downlink::make(int rate, int frame_ms) {
  PARLEY_TRY(codec::OpusPacketEncoder encoder, codec::OpusPacketEncoder::make(rate, frame_ms));
  return Downlink(std::move(encoder), rate, frame_ms);
}

Downlink::Spoken& Downlink::open(std::string_view item_id) {
  if (items_.empty() || items_.back().item_id != item_id) {
    end_item();
    const std::int64_t begin = sent_ + static_cast<std::int64_t>(samples_.size());
    items_.push_back({std::string(item_id), begin, begin});
  }
  return items_.back();
}

void Downlink::add_audio(std::string_view item_id, std::span<const std::int16_t> samples) {
  Spoken& item = open(item_id);
  if (samples_.empty() && in_flight_.empty()) turn_begin_ = sent_;
  samples_.insert(samples_.end(), samples.begin(), samples.end());
  item.end += static_cast<std::int64_t>(samples.size());
}

void Downlink::add_sentence(std::string_view item_id, MediaTime begin, std::string text) {
  const std::int64_t at = open(item_id).begin + begin.samples(rate_);
  sentences_.push_back({at, std::move(text)});
}

void Downlink::end_item() {
  if (items_.empty() || !items_.back().is_open) return;
  items_.back().is_open = false;
  const std::size_t over = samples_.size() % encoder_.frame_samples();
  if (over > 0) samples_.insert(samples_.end(), encoder_.frame_samples() - over, std::int16_t{0});
}

Status Downlink::pump(Instant now, const Send& send) {
  forget_played(now);
  while (true) {
    // What began before is late; without more sound it would wait for ever.
    const bool is_over = samples_.empty() && (items_.empty() || !items_.back().is_open);
    send_sentences(is_over ? sent_ + 1 : sent_, send);
    if (is_over) send_sentences(std::numeric_limits<std::int64_t>::max(), send);
    const std::optional<Instant> next = next_at();
    if (!next || *next > now) return {};
    const std::size_t count = encoder_.frame_samples();
    send_sentences(sent_ + static_cast<std::int64_t>(count), send);
    const auto end = samples_.begin() + static_cast<std::ptrdiff_t>(count);
    packet_.assign(samples_.begin(), end);
    samples_.erase(samples_.begin(), end);
    PARLEY_TRY(std::string packet, encoder_.encode(packet_));
    const std::int64_t at_ms = (sent_ - turn_begin_) * kMsPerSecond / rate_;
    send(protocol::XiaozhiSound{std::move(packet), static_cast<std::uint32_t>(at_ms)});
    const Instant plays_at = std::max(now, plays_until_);
    in_flight_.push_back({sent_, plays_at});
    sent_ += static_cast<std::int64_t>(count);
    plays_until_ = plays_at + frame_;
  }
}

void Downlink::send_sentences(std::int64_t before, const Send& send) {
  while (!sentences_.empty() && sentences_.front().begin < before) {
    send(protocol::XiaozhiTts{protocol::XiaozhiTts::State::sentence_start,
                              std::move(sentences_.front().text)});
    sentences_.pop_front();
  }
}

std::optional<Instant> Downlink::next_at() const {
  if (!has_packet()) return std::nullopt;
  return plays_until_ - (kXiaozhiLeadPackets - 1) * frame_;
}

std::int64_t Downlink::played(Instant now) const {
  for (const Sent& one : in_flight_) {
    if (one.plays_at + frame_ <= now) continue;
    const auto ms = std::chrono::duration_cast<Millis>(std::max(now - one.plays_at, Nanos{0}));
    return one.begin + ms.count() * rate_ / kMsPerSecond;
  }
  return sent_;
}

void Downlink::forget_played(Instant now) {
  while (!in_flight_.empty() && in_flight_.front().plays_at + frame_ <= now) {
    in_flight_.pop_front();
  }
  const std::int64_t until = played(now);
  while (!items_.empty() && !items_.front().is_open && items_.front().end <= until) {
    items_.pop_front();
  }
}

std::vector<Downlink::Cut> Downlink::drop(Instant now) {
  forget_played(now);
  const std::int64_t until = played(now);
  std::vector<Cut> cuts;
  for (Spoken& item : items_) {
    if (item.end <= until) continue;
    const std::int64_t heard = std::max<std::int64_t>(until - item.begin, 0);
    cuts.push_back({std::move(item.item_id), MediaTime::from_samples(heard, rate_)});
  }
  items_.clear();
  sentences_.clear();
  samples_.clear();
  in_flight_.clear();
  plays_until_ = now;
  return cuts;
}

}  // namespace parley::service
