// SPDX-License-Identifier: Apache-2.0
#include "service/twilio/call_playout.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace parley::service {

using media::MediaTime;

void CallPlayout::add_audio(std::string_view item_id, std::size_t samples, Instant now) {
  if (items_.empty() || items_.back().item_id != item_id) {
    end_item();
    items_.push_back({std::string(item_id), sent_, sent_});
  }
  // It begins to be played now, unless something is before it.
  if (heard_ == sent_) heard_at_ = now;
  sent_ += static_cast<std::int64_t>(samples);
  items_.back().end = sent_;
  plays_until_ = std::max(plays_until_, now) +
                 MediaTime::from_samples(static_cast<std::int64_t>(samples), rate_).nanos();
}

void CallPlayout::end_item() {
  if (!items_.empty()) items_.back().is_open = false;
}

std::optional<std::string> CallPlayout::mark(bool is_end) {
  const bool is_due = sent_ - marked_ >= kCallMarkEvery.samples(rate_);
  if (!is_due && !(is_end && sent_ > marked_)) return std::nullopt;
  marked_ = sent_;
  marks_.push_back({"heard-" + std::to_string(++marks_sent_), sent_});
  return marks_.back().name;
}

void CallPlayout::played_to(std::string_view mark, Instant now) {
  const auto found = std::ranges::find(marks_, mark, &Mark::name);
  if (found == marks_.end()) return;
  heard_ = found->at;
  heard_at_ = now;
  marks_.erase(marks_.begin(), found + 1);
  forget_heard(heard_);
}

bool CallPlayout::is_playing(Instant now) const {
  return heard_ < sent_ && now < plays_until_ + kCallMarkPatience;
}

std::vector<CallPlayout::Cut> CallPlayout::clear(Instant now) {
  const std::int64_t until = heard(now);
  std::vector<Cut> cuts;
  for (Spoken& item : items_) {
    if (item.end <= until && !item.is_open) continue;
    const std::int64_t heard =
        std::clamp<std::int64_t>(until - item.begin, 0, item.end - item.begin);
    cuts.push_back({std::move(item.item_id), MediaTime::from_samples(heard, rate_)});
  }
  items_.clear();
  marks_.clear();
  heard_ = marked_ = sent_;
  heard_at_ = plays_until_ = now;
  return cuts;
}

std::int64_t CallPlayout::heard(Instant now) const {
  const auto ms = std::chrono::duration_cast<Millis>(std::max(now - heard_at_, Nanos{0}));
  const std::int64_t counted = heard_ + MediaTime::from_ms(ms.count()).samples(rate_);
  return std::min({counted, marks_.empty() ? sent_ : marks_.front().at, sent_});
}

void CallPlayout::forget_heard(std::int64_t until) {
  while (!items_.empty() && !items_.front().is_open && items_.front().end <= until) {
    items_.pop_front();
  }
}

}  // namespace parley::service
