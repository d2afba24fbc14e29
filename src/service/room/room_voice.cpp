// SPDX-License-Identifier: Apache-2.0
#include "service/room/room_voice.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace parley::service {

using media::MediaTime;

namespace {

constexpr float kFullScale = 32'767.0F;

}  // namespace

std::size_t RoomVoice::frame_samples() const {
  return static_cast<std::size_t>(MediaTime::from_ms(kVoiceFrame.count()).samples(rate_));
}

RoomVoice::Spoken& RoomVoice::open(std::string_view item_id) {
  if (items_.empty() || !items_.back().is_open || items_.back().item_id != item_id) {
    end_item();
    const std::int64_t begin = given_ + static_cast<std::int64_t>(samples_.size());
    items_.push_back({std::string(item_id), begin, begin});
  }
  return items_.back();
}

void RoomVoice::add_audio(std::string_view item_id, std::span<const std::int16_t> samples) {
  Spoken& item = open(item_id);
  samples_.insert(samples_.end(), samples.begin(), samples.end());
  item.end += static_cast<std::int64_t>(samples.size());
}

void RoomVoice::add_audio(std::string_view item_id, std::span<const float> samples) {
  Spoken& item = open(item_id);
  for (const float sample : samples) {
    samples_.push_back(static_cast<std::int16_t>(std::clamp(sample, -1.0F, 1.0F) * kFullScale));
  }
  item.end += static_cast<std::int64_t>(samples.size());
}

void RoomVoice::add_words(std::string_view item_id, MediaTime begin, std::string text) {
  const Spoken& item = open(item_id);
  words_.push_back({item.item_id, item.begin + begin.samples(rate_), std::move(text)});
}

void RoomVoice::end_item() {
  if (items_.empty() || !items_.back().is_open) return;
  items_.back().is_open = false;
  const std::size_t over = samples_.size() % frame_samples();
  if (over > 0) samples_.insert(samples_.end(), frame_samples() - over, std::int16_t{0});
}

void RoomVoice::pump(Instant now, const Out& out) {
  if (plays_until_ - now <= kVoiceRefill) {
    while (samples_.size() >= frame_samples() && plays_until_ - now < kVoiceLead) write(now, out);
  }
  const std::int64_t heard = played(now);
  while (!words_.empty() && words_.front().begin <= heard) {
    out.words(words_.front().item_id, std::move(words_.front().text));
    words_.pop_front();
  }
  while (!items_.empty() && !items_.front().is_open && items_.front().end <= heard) {
    const std::string id = std::move(items_.front().item_id);
    items_.pop_front();
    // What was to be heard after its last sample is heard with it.
    while (!words_.empty() && words_.front().item_id == id) {
      out.words(id, std::move(words_.front().text));
      words_.pop_front();
    }
    out.over(id);
  }
  while (stretches_.size() > 1 && stretches_[1].plays_at <= now) stretches_.pop_front();
}

void RoomVoice::write(Instant now, const Out& out) {
  const std::size_t count = frame_samples();
  media::BufferRef bytes = buffers_.take(count * sizeof(std::int16_t));
  const auto end = samples_.begin() + static_cast<std::ptrdiff_t>(count);
  const std::span<std::byte> to = bytes.writable();
  std::copy(samples_.begin(), end, reinterpret_cast<std::int16_t*>(to.data()));
  samples_.erase(samples_.begin(), end);
  if (plays_until_ < now || stretches_.empty()) {
    plays_until_ = std::max(now, plays_until_);
    stretches_.push_back({given_, plays_until_});
  }
  given_ += static_cast<std::int64_t>(count);
  plays_until_ = plays_until_ + kVoiceFrame;
  out.sound(std::move(bytes));
}

/// Samples of all that were given.
std::int64_t RoomVoice::played(Instant now) const {
  if (now >= plays_until_) return given_;
  std::int64_t until = stretches_.empty() ? given_ : stretches_.front().begin;
  for (std::size_t at = 0; at < stretches_.size(); ++at) {
    const Stretch& one = stretches_[at];
    if (one.plays_at > now) break;
    const std::int64_t end = at + 1 < stretches_.size() ? stretches_[at + 1].begin : given_;
    const Nanos since = now - one.plays_at;
    until =
        std::min(one.begin + since.count() * rate_ / Nanos(std::chrono::seconds(1)).count(), end);
  }
  return until;
}

/// Nothing: it was not given yet.
std::optional<Instant> RoomVoice::plays_at(std::int64_t sample) const {
  if (sample >= given_) return std::nullopt;
  for (auto one = stretches_.rbegin(); one != stretches_.rend(); ++one) {
    if (one->begin > sample) continue;
    return one->plays_at + MediaTime::from_samples(sample - one->begin, rate_).nanos();
  }
  return Instant();
}

std::optional<Instant> RoomVoice::next_at(Instant now) const {
  std::optional<Instant> next;
  const auto consider = [&](Instant when) { next = next ? std::min(*next, when) : when; };
  if (samples_.size() >= frame_samples()) consider(plays_until_ - kVoiceRefill);
  if (!words_.empty()) {
    if (const auto at = plays_at(words_.front().begin)) consider(*at);
  }
  if (!items_.empty() && !items_.front().is_open && plays_until_ > now) consider(plays_until_);
  return next;
}

bool RoomVoice::is_silent(Instant now) const {
  return samples_.empty() && now >= plays_until_ && words_.empty();
}

MediaTime RoomVoice::waiting() const {
  return MediaTime::from_samples(static_cast<std::int64_t>(samples_.size()), rate_);
}

std::vector<RoomVoice::Cut> RoomVoice::drop(Instant now) {
  const std::int64_t until = played(now);
  std::vector<Cut> cuts;
  for (Spoken& item : items_) {
    if (!item.is_open && item.end <= until) continue;
    const std::int64_t heard = std::max<std::int64_t>(until - item.begin, 0);
    cuts.push_back({std::move(item.item_id), MediaTime::from_samples(heard, rate_)});
  }
  items_.clear();
  words_.clear();
  samples_.clear();
  stretches_.clear();
  plays_until_ = now;
  return cuts;
}

}  // namespace parley::service
