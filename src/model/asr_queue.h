// SPDX-License-Identifier: Apache-2.0
//
// Whose words are recognised next. The rule, in the order in which it is applied:
//
// 1. Words that somebody waits for (finals, due within kAsrSoon) go before what fills the time that
//    they leave: partials, and recordings that have patience.
// 2. Fair between owners (start-time fair queuing, Goyal, Vin and Cheng, SIGCOMM 1996): each owner
//    has a virtual time, the run time that was spent on it, and the one that is behind goes first;
//    an owner that comes back starts where the others are, so that idling saves up nothing. Owners
//    are told apart in steps of kAsrFairQuantum, about an utterance. What an owner's recordings
//    take is not counted against what he says: to this rule they are another owner's.
// 3. Of one owner, or equal ones: the earliest deadline, then who came first.
//
// So partials thin out first. One that has waited for longer than kPartialAgeMax tells what was
// said long ago: it is taken only to be dropped (`is_late`), and its stream asks anew. One that
// runs is stopped for a final that finds no worker free. A final is never dropped, and never
// refused as long as only partials make the queue long.
//
// Threads: any. Allocates: only in the constructor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "model/asr_model.h"
#include "model/host_load.h"

namespace parley::model {

inline constexpr Nanos kAsrSoon = Millis(300);         // about what an utterance takes
inline constexpr Nanos kAsrFairQuantum = Millis(100);  // run time of an utterance of 4 s
/// A partial that has waited so long is dropped.
inline constexpr Nanos kPartialAgeMax = Millis(500);
/// Partials of one owner that wait; further ones are refused. More could not be run in
/// kPartialAgeMax.
inline constexpr std::size_t kPartialsWaitingMax = 32;

class AsrQueue {
 public:
  struct Item {
    std::shared_ptr<AsrCall> call;  // shared with the session, which may end first
    Instant submitted;
    std::uint64_t order = 0;
    std::size_t owner = 0;                   // in `owners_`
    bool is_patient = false;                 // a recording's
    static constexpr bool is_begun = false;  // what waits here was never run
  };

  /// `capacity` >= 1 calls wait, half of them partials at most; `workers` >= 1 run at once.
  AsrQueue(std::size_t capacity, std::size_t workers);

  /// False, and the reference kept by the caller, when there is no room or it is closed.
  [[nodiscard]] bool push(std::shared_ptr<AsrCall>& call, Instant now) noexcept;
  /// Appends the calls whose turn it is, at most `count_max`, to `out`; `out` has room reserved.
  void pop(std::size_t count_max, Instant now, std::vector<Item>& out) noexcept;
  /// Somebody waits for it: whatever `yields` ends for it.
  [[nodiscard]] static bool interrupts(const AsrCall& call, Instant now) noexcept {
    return !call.is_optional && call.deadline() <= now + kAsrSoon;
  }
  [[nodiscard]] static bool yields(const AsrCall& call) noexcept { return call.is_optional; }
  /// It was taken too late to be of use.
  [[nodiscard]] static bool is_late(const Item& item, Instant now) noexcept {
    return item.call->is_optional && now - item.submitted > kPartialAgeMax;
  }
  /// False: one run finishes a call.
  [[nodiscard]] bool after_run(Item& item, Nanos ran, Instant now) noexcept;
  /// Instead of a run: the call was over, or late.
  void forget(const Item& item) noexcept;
  /// Takes one call out; nothing when it is not (or no longer) here.
  [[nodiscard]] std::shared_ptr<AsrCall> remove(const Call& call) noexcept;
  /// Refuses further calls.
  void close() noexcept;

  [[nodiscard]] Instant oldest() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;
  /// Of what somebody waits for. The wait: what the workers need for all of it that is here, or
  /// what it has waited already, if that is longer.
  [[nodiscard]] HostLoad load(Instant now) const noexcept;

 private:
  struct Owner {
    std::uint64_t id = 0;
    Nanos virtual_time{0};
    std::size_t calls = 0;     // that wait or run
    std::size_t partials = 0;  // of them that wait
  };

  [[nodiscard]] bool goes_before(const Item& a, const Item& b, Instant now) const noexcept;
  [[nodiscard]] std::size_t row_of(std::uint64_t owner) noexcept;
  void leave(const Item& item) noexcept;
  [[nodiscard]] Nanos run_time_of(const AsrCall& call) const noexcept;

  const std::size_t capacity_;
  const std::size_t workers_;
  BusyShare busy_;
  mutable std::mutex mutex_;   // held while a few hundred calls are looked through
  std::vector<Item> waiting_;  // GUARDED_BY(mutex_), as is all that follows; in no order
  std::vector<Owner> owners_;
  std::size_t partials_ = 0;   // of `waiting_`
  Nanos virtual_now_{0};       // of the owner that was served last
  double seconds_per_second_;  // run time of a second of audio
  std::uint64_t next_order_ = 0;
  bool closed_ = false;
};

}  // namespace parley::model
