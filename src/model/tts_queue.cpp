// SPDX-License-Identifier: Apache-2.0
#include "model/tts_queue.h"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "base/utf8.h"
#include "media/media_time.h"
#include "media/speech_limits.h"

namespace parley::model {
namespace {

// Before anything ran: 0.08 s of run time for a second of speech, in which 15 characters are said.
constexpr double kSecondsPerCharacterAtFirst = 0.005;
constexpr double kSecondsPerStepAtFirst = 0.04;
// The last calls count for what the cost is now, the older ones less and less.
constexpr double kLearningRate = 0.1;
// Shorter waits are of the order of one step: who has none, or so short a one, says that there is
// no crowd.
constexpr Nanos kWaitThoughtLeast = Millis(20);
constexpr double kWaitFactorMax = 10.0;
// A step is at least this much, however well the call went so far.
constexpr Nanos kStepLeast = Millis(10);

/// What the run time grows with.
double weight(const TtsCall& call) noexcept {
  return (static_cast<double>(characters_in(call.text)) + 1.0) /
         static_cast<double>(
             std::clamp(call.speed, media::kSpeechSpeedMin, media::kSpeechSpeedMax));
}

Nanos nanos(double seconds) noexcept {
  return std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(seconds));
}

}  // namespace

TtsQueue::TtsQueue(std::size_t capacity, std::size_t workers, int rate, TtsMetrics* metrics)
    : capacity_(capacity),
      workers_(workers),
      rate_(rate),
      metrics_(metrics),
      seconds_per_character_(kSecondsPerCharacterAtFirst),
      seconds_per_step_(kSecondsPerStepAtFirst) {
  PARLEY_CHECK(capacity > 0 && workers > 0);
  waiting_.reserve(capacity + workers);
  owners_.reserve(capacity + workers);
}

/// Somebody may have hurried a call since it came.
Instant TtsQueue::due_of(const Item& item) noexcept {
  return item.is_first ? std::min(item.due, item.call->urgent_deadline()) : item.due;
}

bool TtsQueue::goes_before(const Item& a, const Item& b, Instant now) const noexcept {
  const auto rank = [&](const Item& item) {
    const bool is_later = has_time(item, now);
    const bool is_late = !item.is_first && !is_later;
    const auto quanta = owners_[item.owner].virtual_time / kTtsFairQuantum;
    return std::tuple(is_later, quanta, !is_late, due_of(item), item.order);
  };
  return rank(a) < rank(b);
}

/// The index of the owner; makes a row when there is none, in the place of one without calls that
/// is not ahead of the others. There is one: rows are as many as calls can be.
std::size_t TtsQueue::enter(std::uint64_t owner) noexcept {
  auto found = std::find_if(owners_.begin(), owners_.end(),
                            [&](const Owner& row) { return row.id == owner; });
  if (found == owners_.end() && owners_.size() < owners_.capacity()) {
    found = owners_.insert(owners_.end(), Owner{.id = owner, .virtual_time = virtual_now_});
  } else if (found == owners_.end()) {
    found = std::min_element(owners_.begin(), owners_.end(), [](const Owner& a, const Owner& b) {
      return std::tuple(a.calls, a.virtual_time) < std::tuple(b.calls, b.virtual_time);
    });
    *found = {.id = owner, .virtual_time = virtual_now_};
  }
  if (found->calls++ == 0) found->virtual_time = std::max(found->virtual_time, virtual_now_);
  return static_cast<std::size_t>(found - owners_.begin());
}

bool TtsQueue::push(std::shared_ptr<TtsCall>& call, Instant now) noexcept {
  const std::lock_guard lock(mutex_);
  if (closed_ || waiting_.size() >= capacity_) return false;
  Item item;
  item.submitted = now;
  item.order = next_order_++;
  item.due = call->deadline();
  item.owner = enter(call->owner);
  const bool is_wanted_now = item.due <= now + kTtsLateMargin && call->qos == TtsQos::interactive;
  if (is_wanted_now) item.wait_thought = wanted_now(now);
  item.call = std::move(call);
  waiting_.push_back(std::move(item));
  return true;
}

/// REQUIRES: something waits.
std::size_t TtsQueue::next(Instant now) const noexcept {
  const Item* best[2] = {nullptr, nullptr};  // by class
  for (const Item& item : waiting_) {
    const Item*& of_class = best[item.call->urgent_qos() == TtsQos::bulk ? 1 : 0];
    if (of_class == nullptr || goes_before(item, *of_class, now)) of_class = &item;
  }
  const bool is_bulks_turn = best[0] == nullptr || (best[1] != nullptr && bulk_credit_ > Nanos{});
  return static_cast<std::size_t>(best[is_bulks_turn ? 1 : 0] - waiting_.data());
}

void TtsQueue::pop(std::size_t count_max, Instant now, std::vector<Item>& out) noexcept {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < count_max && !waiting_.empty(); ++i) {
    Item& chosen = waiting_[next(now)];
    if (!chosen.is_begun) learn_wait(chosen, now);
    out.push_back(std::move(chosen));
    chosen = std::move(waiting_.back());
    waiting_.pop_back();
  }
}

void TtsQueue::learn_wait(const Item& begun, Instant now) noexcept {
  const Nanos waited = now - begun.submitted;
  if (metrics_ != nullptr) metrics_->waited(waited);
  double factor = 1.0;
  if (begun.wait_thought >= kWaitThoughtLeast) {
    factor = static_cast<double>(waited.count()) / static_cast<double>(begun.wait_thought.count());
  }
  wait_factor_ += kLearningRate * (std::clamp(factor, 1.0, kWaitFactorMax) - wait_factor_);
}

bool TtsQueue::after_run(Item& item, Nanos ran, Instant now) noexcept {
  const std::lock_guard lock(mutex_);
  TtsCall& call = *item.call;
  Owner& owner = owners_[item.owner];
  virtual_now_ = std::max(virtual_now_, owner.virtual_time);  // its start tag
  owner.virtual_time += ran;
  item.ran += ran;
  if (call.stream) {
    const double took = std::chrono::duration<double>(ran).count();
    seconds_per_step_ += kLearningRate * (took - seconds_per_step_);
  }
  const bool others_wait = std::any_of(waiting_.begin(), waiting_.end(), [&](const Item& other) {
    return other.call->urgent_qos() != call.urgent_qos();
  });
  if (others_wait)
    bulk_credit_ += call.urgent_qos() == TtsQos::bulk ? -ran : ran / (kTtsBulkShare - 1);
  if (!call.has_more) {
    --owner.calls;
    if (metrics_ != nullptr && call.status) metrics_->spoke(item.ran, call.samples_made);
    const double cost = std::chrono::duration<double>(item.ran).count() / weight(call);
    if (call.status) seconds_per_character_ += kLearningRate * (cost - seconds_per_character_);
    return false;
  }
  item.is_begun = true;
  if (call.stream && call.samples_made > 0) {
    if (std::exchange(item.is_first, false))
      item.played_from = std::max(now, call.urgent_deadline());
    // What nobody waits for at its beginning is not waited for later, either.
    if (item.played_from != Instant::never()) {
      item.due =
          item.played_from + media::MediaTime::from_samples(call.samples_made, rate_).nanos();
    }
  }
  waiting_.push_back(std::move(item));
  return true;
}

void TtsQueue::forget(const Item& item) noexcept {
  const std::lock_guard lock(mutex_);
  --owners_[item.owner].calls;
}

std::shared_ptr<TtsCall> TtsQueue::remove(const Call& call) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [&](const Item& item) { return item.call.get() == &call; });
  if (found == waiting_.end()) return nullptr;
  --owners_[found->owner].calls;
  std::shared_ptr<TtsCall> taken = std::move(found->call);
  *found = std::move(waiting_.back());
  waiting_.pop_back();
  return taken;
}

void TtsQueue::close() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

Instant TtsQueue::oldest() const noexcept {
  const std::lock_guard lock(mutex_);
  Instant oldest = Instant::never();
  for (const Item& item : waiting_) oldest = std::min(oldest, item.submitted);
  return oldest;
}

std::size_t TtsQueue::size() const noexcept {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

/// Until its next piece is there.
Nanos TtsQueue::next_run_of(const Item& item) const noexcept {
  const Nanos whole = nanos(seconds_per_character_ * weight(*item.call));
  const Nanos left = std::max(whole - item.ran, kStepLeast);
  return item.call->stream ? std::min(left, nanos(seconds_per_step_)) : left;
}

Nanos TtsQueue::backlog(Instant now) const noexcept {
  const std::lock_guard lock(mutex_);
  return nanos(std::chrono::duration<double>(wanted_now(now)).count() * wait_factor_);
}

Nanos TtsQueue::wanted_now(Instant now) const noexcept {
  Nanos sum{};
  for (const Item& item : waiting_) {
    if (!has_time(item, now)) sum += next_run_of(item);
  }
  return sum / static_cast<int>(workers_);
}

}  // namespace parley::model
