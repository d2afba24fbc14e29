// SPDX-License-Identifier: Apache-2.0
#include "model/asr_queue.h"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "media/media_time.h"

namespace parley::model {
namespace {

// Before anything ran: Moonshine tiny's.
constexpr double kSecondsPerSecondAtFirst = 0.03;
// The last calls count for what the cost is now, the older ones less and less.
constexpr double kLearningRate = 0.1;
// Of a call without audio, too.
constexpr double kAudioSecondsLeast = 0.1;
/// Makes of an owner's number that of his recordings.
constexpr std::uint64_t kRecordings = 0x9E37'79B9'7F4A'7C15ULL;

double seconds(Nanos time) noexcept { return std::chrono::duration<double>(time).count(); }

double audio_seconds(const AsrCall& call) noexcept {
  const auto samples = static_cast<std::int64_t>(call.audio.size());
  return std::max(seconds(media::MediaTime::from_samples(samples, kAsrRate).nanos()),
                  kAudioSecondsLeast);
}

}  // namespace

AsrQueue::AsrQueue(std::size_t capacity, std::size_t workers)
    : capacity_(capacity),
      workers_(workers),
      busy_(workers),
      seconds_per_second_(kSecondsPerSecondAtFirst) {
  PARLEY_CHECK(capacity > 0 && workers > 0);
  waiting_.reserve(capacity);
  owners_.reserve(capacity + workers);
}

bool AsrQueue::goes_before(const Item& a, const Item& b, Instant now) const noexcept {
  const auto rank = [&](const Item& item) {
    const auto quanta = owners_[item.owner].virtual_time / kAsrFairQuantum;
    return std::tuple(!interrupts(*item.call, now), quanta, item.call->deadline(), item.order);
  };
  return rank(a) < rank(b);
}

/// Makes a row when there is none, in the place of one without calls. There is one: rows are as
/// many as calls can be.
std::size_t AsrQueue::row_of(std::uint64_t owner) noexcept {
  auto found = std::ranges::find(owners_, owner, &Owner::id);
  if (found == owners_.end() && owners_.size() < owners_.capacity()) {
    found = owners_.insert(owners_.end(), Owner{.id = owner, .virtual_time = virtual_now_});
  } else if (found == owners_.end()) {
    // Of those without calls the one that is not ahead of the others: its time is forgotten.
    found = std::ranges::min_element(owners_, [](const Owner& a, const Owner& b) {
      return std::tuple(a.calls, a.virtual_time) < std::tuple(b.calls, b.virtual_time);
    });
    *found = {.id = owner, .virtual_time = virtual_now_};
  }
  if (found->calls == 0) found->virtual_time = std::max(found->virtual_time, virtual_now_);
  return static_cast<std::size_t>(found - owners_.begin());
}

bool AsrQueue::push(std::shared_ptr<AsrCall>& call, Instant now) noexcept {
  const std::lock_guard lock(mutex_);
  const bool is_partial = call->is_optional;
  if (closed_ || waiting_.size() >= capacity_) return false;
  if (is_partial && partials_ >= (capacity_ + 1) / 2) return false;
  Item item;
  item.submitted = now;
  item.order = next_order_++;
  item.is_patient = !is_partial && call->deadline() > now + kAsrSoon;
  item.owner = row_of(item.is_patient ? call->owner ^ kRecordings : call->owner);
  Owner& owner = owners_[item.owner];
  if (is_partial && owner.partials >= kPartialsWaitingMax) return false;
  ++owner.calls;
  if (is_partial) {
    ++owner.partials;
    ++partials_;
  }
  item.call = std::move(call);
  waiting_.push_back(std::move(item));
  return true;
}

/// It waits no more.
void AsrQueue::leave(const Item& item) noexcept {
  if (!item.call->is_optional) return;
  --owners_[item.owner].partials;
  --partials_;
}

void AsrQueue::pop(std::size_t count_max, Instant now, std::vector<Item>& out) noexcept {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < count_max && !waiting_.empty(); ++i) {
    const auto chosen = std::ranges::min_element(
        waiting_, [&](const Item& a, const Item& b) { return goes_before(a, b, now); });
    leave(*chosen);
    out.push_back(std::move(*chosen));
    *chosen = std::move(waiting_.back());
    waiting_.pop_back();
  }
}

bool AsrQueue::after_run(Item& item, Nanos ran, Instant now) noexcept {
  if (!item.call->is_optional && !item.is_patient) busy_.add(ran, now);
  const std::lock_guard lock(mutex_);
  Owner& owner = owners_[item.owner];
  virtual_now_ = std::max(virtual_now_, owner.virtual_time);  // its start tag
  owner.virtual_time += ran;
  --owner.calls;
  if (item.call->status) {
    const double cost = seconds(ran) / audio_seconds(*item.call);
    seconds_per_second_ += kLearningRate * (cost - seconds_per_second_);
  }
  return false;
}

void AsrQueue::forget(const Item& item) noexcept {
  const std::lock_guard lock(mutex_);
  --owners_[item.owner].calls;
}

std::shared_ptr<AsrCall> AsrQueue::remove(const Call& call) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::ranges::find_if(waiting_, [&](const Item& item) { return item.call.get() == &call; });
  if (found == waiting_.end()) return nullptr;
  leave(*found);
  --owners_[found->owner].calls;
  std::shared_ptr<AsrCall> taken = std::move(found->call);
  *found = std::move(waiting_.back());
  waiting_.pop_back();
  return taken;
}

void AsrQueue::close() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

Instant AsrQueue::oldest() const noexcept {
  const std::lock_guard lock(mutex_);
  Instant oldest = Instant::never();
  for (const Item& item : waiting_) oldest = std::min(oldest, item.submitted);
  return oldest;
}

std::size_t AsrQueue::size() const noexcept {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

Nanos AsrQueue::run_time_of(const AsrCall& call) const noexcept {
  return std::chrono::duration_cast<Nanos>(
      std::chrono::duration<double>(seconds_per_second_ * audio_seconds(call)));
}

HostLoad AsrQueue::load(Instant now) const noexcept {
  HostLoad load{.busy = busy_.at(now)};
  const std::lock_guard lock(mutex_);
  Nanos work{};
  for (const Item& item : waiting_) {
    if (!interrupts(*item.call, now)) continue;
    work += run_time_of(*item.call);
    // A recording's has not been waited for since it came.
    if (!item.is_patient) load.wait = std::max(load.wait, now - item.submitted);
  }
  load.wait = std::max(load.wait, work / static_cast<int>(workers_));
  return load;
}

}  // namespace parley::model
