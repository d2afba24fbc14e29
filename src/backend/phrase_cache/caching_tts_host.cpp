// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/caching_tts_host.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "base/check.h"

namespace parley::backend {
namespace {

/// Of what is there: the first part, of 0.2 s, and the longest of those that follow.
constexpr std::size_t kFirstPartsPerSecond = 5;
constexpr std::size_t kLongestPartSeconds = 4;
/// When the host behind is asked again after it had no room.
constexpr Nanos kRetry = Millis(10);

/// What a call is answered with begins empty.
void clear(model::TtsCall& call) {
  while (call.parts.try_pop()) continue;
  call.words.clear();
  call.phonemes.clear();
  call.samples_expected = 0;
  call.audio = {};
  call.status = {};
}

void give_words(const model::TtsCall& from, model::TtsCall& to) {
  to.words = from.words;
  to.phonemes = from.phonemes;
  to.samples_expected = from.samples_expected;
}

void give_part(model::TtsCall& call, media::BufferRef part) {
  PARLEY_CHECK(call.parts.try_push(std::move(part)));  // no model makes more than kTtsPartsMax
}

}  // namespace

void answer(model::TtsCall& call, const Phrase& phrase) {
  clear(call);
  call.words = phrase.words;
  call.phonemes = phrase.phonemes;
  call.samples_expected = static_cast<std::int64_t>(phrase.samples());
  if (!call.stream) {
    call.audio = phrase.audio;
    return;
  }
  const auto second = static_cast<std::size_t>(phrase.rate) * sizeof(float);
  std::size_t part = second / kFirstPartsPerSecond / sizeof(float) * sizeof(float);
  std::size_t at = 0;
  for (std::size_t count = 1; at < phrase.audio.size(); ++count) {
    const std::size_t left = phrase.audio.size() - at;
    // What is left after a last short part is not worth one of its own.
    const bool is_last = left < 2 * part || count == model::kTtsPartsMax;
    const std::size_t size = is_last ? left : part;
    give_part(call, phrase.audio.slice(at, size));
    at += size;
    part = std::min(2 * part, kLongestPartSeconds * second);
  }
}

CachingTtsHost::CachingTtsHost(model::TtsHost& host, PhraseCache& cache, CachingTtsOptions options,
                               const Surroundings& around)
    : host_(host),
      cache_(cache),
      options_(std::move(options)),
      timers_(around.timers),
      clock_(around.clock),
      strand_(exec::Strand::make(around.executor, *this)) {
  PARLEY_CHECK(options_.voice_of != nullptr);
}

CachingTtsHost::~CachingTtsHost() {
  strand_->close();
  std::map<PhraseKey, FlightRef> flights;
  {
    const std::lock_guard lock(mutex_);
    flights.swap(flights_);
  }
  const Error unloaded{ErrorCode::unavailable, "tts: the cache is being unloaded"};
  for (const auto& [key, flight] : flights) {
    if (flight->stage == Stage::making) flight->leader->cancel();
    end(flight->callers, false, nullptr, unloaded);
  }
}

PhraseKey CachingTtsHost::key_of(const model::TtsCall& call) const {
  const CachingTtsOptions::Voice voice = options_.voice_of(call.voice);
  PhraseText phrase{.text = call.text,
                    .voice = voice.name,
                    .model_hash = voice.model_hash,
                    .speed = call.speed,
                    .seed = call.seed};
  if (takes_any_seed(call)) phrase.seed.reset();
  return phrase_key(phrase);
}

bool CachingTtsHost::takes_any_seed(const model::TtsCall& call) const {
  return options_.any_seed && call.any_seed;
}

bool CachingTtsHost::submit(CallRef call) noexcept {
  if (call->text.empty() || call->text.size() > options_.text_bytes_max) {
    return host_.submit(std::move(call));
  }
  const PhraseKey key = key_of(*call);
  PhraseRef phrase = cache_.find(key);
  bool is_taken = true;
  if (phrase == nullptr) {
    call->set_cancel_hook(this);  // before anybody can finish it
    {
      const std::lock_guard lock(mutex_);
      const bool has_joined = join(key, call);
      if (!has_joined) phrase = cache_.find(key);  // it may have landed since
      if (!has_joined && phrase == nullptr) is_taken = begin(key, call);
    }
    if (!is_taken || phrase != nullptr) call->set_cancel_hook(nullptr);
  }
  if (phrase != nullptr) {
    answer(*call, *phrase);
    call->finish();
  } else if (is_taken && call->cancelled()) {
    on_cancel(*call);  // a cancel that came before the hook told nobody
  }
  return is_taken;
}

// --- flights, with the mutex held
// -----------------------------------------------------------------

bool CachingTtsHost::join(const PhraseKey& key, const CallRef& call) {
  const auto found = flights_.find(key);
  if (found == flights_.end()) return false;
  Flight& flight = *found->second;
  clear(*call);
  if (flight.has_begun) {
    give_words(*flight.leader, *call);
    if (call->stream) {
      for (const media::BufferRef& part : flight.parts) give_part(*call, part);
      call->notify();
    }
  }
  if (flight.stage == Stage::making) {
    flight.leader->hurry(call->qos, call->deadline());
  } else {
    flight.deadline = std::min(flight.deadline, call->deadline());
    flight.leader->qos = std::min(flight.leader->qos, call->qos);
    flight.leader->backlog_max = std::max(flight.leader->backlog_max, call->backlog_max);
  }
  flight.callers.push_back(call);
  flight.is_shared = true;
  cache_.count_joined();
  return true;
}

bool CachingTtsHost::begin(const PhraseKey& key, const CallRef& call) {
  auto flight = std::make_shared<Flight>();
  flight->key = key;
  flight->deadline = call->deadline();
  flight->leader = std::make_shared<model::TtsCall>();
  model::TtsCall& leader = *flight->leader;
  leader.text = call->text;
  leader.voice = call->voice;
  leader.speed = call->speed;
  leader.seed = call->seed;
  // Of the key, so that the text sounds the same whoever asks first, and after it was forgotten.
  if (takes_any_seed(*call)) std::memcpy(&leader.seed, key.digest.data(), sizeof(leader.seed));
  leader.stream = call->stream;
  leader.qos = call->qos;
  leader.owner = call->owner;
  leader.backlog_max = call->backlog_max;

  const Instant read_until = clock_.now() + options_.disk_timeout;
  flight->read = cache_.read(key, strand_->waker(), read_until);
  if (flight->read != nullptr) {
    flight->stage = Stage::reading;
    timers_.schedule(read_until, strand_->waker());
  } else if (!ask_host(*flight)) {
    return false;
  }
  clear(*call);
  flight->callers.push_back(call);
  flights_.emplace(key, std::move(flight));
  return true;
}

bool CachingTtsHost::ask_host(Flight& flight) {
  flight.leader->begin(strand_->waker(), flight.deadline);
  if (!host_.submit(flight.leader)) return false;
  flight.stage = Stage::making;
  cache_.count_missed();
  return true;
}

void CachingTtsHost::look_after(Flight& flight) {
  if (flight.stage == Stage::reading && flight.read->done()) {
    flight.found = flight.read->phrase;
    flight.stage = flight.found != nullptr ? Stage::landed : Stage::waiting;
  }
  if (flight.stage == Stage::reading && clock_.now() >= flight.read->deadline()) {
    flight.read->cancel();
    flight.stage = Stage::waiting;
    cache_.count_late();
  }
  if (flight.stage == Stage::waiting && !ask_host(flight)) {
    timers_.schedule(clock_.now() + kRetry, strand_->waker());
  }
  if (flight.stage == Stage::making) pass_on(flight);
}

void CachingTtsHost::pass_on(Flight& flight) {
  model::TtsCall& leader = *flight.leader;
  const bool is_done = leader.done();  // before the parts: none come after it
  while (std::optional<media::BufferRef> part = leader.parts.try_pop()) {
    const bool is_first = !std::exchange(flight.has_begun, true);
    for (const CallRef& caller : flight.callers) {
      if (is_first) give_words(leader, *caller);
      if (!caller->stream) continue;
      give_part(*caller, *part);
      caller->notify();
    }
    flight.parts.push_back(std::move(*part));
  }
  if (is_done) flight.stage = Stage::landed;
}

// --- the strand
// -----------------------------------------------------------------------------------

bool CachingTtsHost::run_slice() noexcept {
  std::vector<FlightRef> landed;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, flight] : flights_) {
      look_after(*flight);
      if (flight->stage == Stage::landed) landed.push_back(flight);
    }
  }
  for (const FlightRef& flight : landed) land(flight);
  return false;
}

/// Others may still join it, and leave it, until `take`.
void CachingTtsHost::land(const FlightRef& flight) {
  const Status status = flight->found != nullptr ? Status() : flight->leader->status;
  PhraseRef phrase = flight->found;
  auto origin = PhraseCache::Origin::read;
  if (phrase == nullptr && status) {
    phrase = phrase_of(*flight);
    origin = is_shared(*flight) ? PhraseCache::Origin::made_for_several : PhraseCache::Origin::made;
  }
  // Before the flight is gone: nobody shall find neither.
  if (phrase != nullptr) cache_.keep(flight->key, phrase, origin);
  std::vector<CallRef> callers = take(flight);
  end(callers, flight->has_begun, phrase, status);
}

bool CachingTtsHost::is_shared(const Flight& flight) {
  const std::lock_guard lock(mutex_);
  return flight.is_shared;
}

PhraseRef CachingTtsHost::phrase_of(const Flight& flight) {
  const model::TtsCall& leader = *flight.leader;
  const std::array<media::BufferRef, 1> whole{leader.audio};
  const std::span<const media::BufferRef> parts =
      leader.stream ? std::span<const media::BufferRef>(flight.parts) : whole;
  return std::make_shared<const Phrase>(Phrase{.rate = host_.rate(),
                                               .audio = joined(parts, cache_.buffers()),
                                               .words = leader.words,
                                               .phonemes = leader.phonemes});
}

std::vector<CachingTtsHost::CallRef> CachingTtsHost::take(const FlightRef& flight) {
  const std::lock_guard lock(mutex_);
  const auto found = flights_.find(flight->key);
  if (found != flights_.end() && found->second == flight) flights_.erase(found);
  return std::exchange(flight->callers, {});
}

/// The calls are in no flight any more: nobody else touches them once their hook is gone.
void CachingTtsHost::end(std::vector<CallRef>& callers, bool has_begun, const PhraseRef& phrase,
                         const Status& status) noexcept {
  for (const CallRef& caller : callers) {
    caller->set_cancel_hook(nullptr);
    // Who streams has all parts already.
    if (phrase != nullptr && !(caller->stream && has_begun)) answer(*caller, *phrase);
    caller->status = status;
    caller->finish();
  }
}

// --- who cancels
// ----------------------------------------------------------------------------------

void CachingTtsHost::on_cancel(model::Call& call) noexcept {
  CallRef caller;
  FlightRef left;  // by its last caller
  {
    const std::lock_guard lock(mutex_);
    for (auto flight = flights_.begin(); flight != flights_.end() && !caller; ++flight) {
      std::vector<CallRef>& callers = flight->second->callers;
      const auto found = std::ranges::find(callers, &call, &CallRef::get);
      if (found == callers.end()) continue;
      caller = std::move(*found);
      callers.erase(found);
      if (!callers.empty()) break;
      left = flight->second;
      flights_.erase(flight);
      break;
    }
  }
  if (caller == nullptr) return;  // it has landed
  if (left != nullptr && left->read != nullptr) left->read->cancel();
  if (left != nullptr) left->leader->cancel();
  caller->status = Error{ErrorCode::cancelled, "cancelled"};
  caller->finish();
}

}  // namespace parley::backend
