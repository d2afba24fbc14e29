// SPDX-License-Identifier: Apache-2.0
//
// Which step of which voice call runs next. The rule, in the order in which it is applied:
//
// 1. Interactive calls go before bulk ones. While both wait, bulk calls get a sixteenth of the run
//    time, so that they do not starve: each interactive run earns them a fifteenth of its time, and
//    a bulk step goes as soon as what was earned is not yet used up.
// 2. What is wanted now goes before what has time: a piece that must be there within kTtsLateMargin
//    is wanted now. That is the first piece of a call whose deadline has come, since somebody waits
//    in silence, and what must follow if playing shall not stop. Everything else has time: later
//    pieces, and calls that follow what is still being played.
// 3. Fair between owners (start-time fair queuing, Goyal 1996): each owner has a virtual time, the
//    run time that was spent on it, and the one that is behind goes first; an owner that comes back
//    starts where the others are, so that idling saves up nothing. Owners are told apart in steps
//    of kTtsFairQuantum, about a sentence: within one, urgency decides.
// 4. Of one owner, or equal ones: what is about to be late goes before first pieces, since a gap
//    in the middle of a word is worse than a later start; then the earliest due; then who came
//    first.
//
// A call that streams is due when its next sample will be played: its playing starts when its first
// part is there, or at its deadline if that is later (it follows another). A call that does not
// stream is due at its deadline in all of its steps, and all of them are its first piece.
//
// A call that is put back is never refused, but counts for the limit: what is begun is bounded,
// too.
//
// Threads: any. Allocates: only in the constructor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "model/tts_metrics.h"
#include "model/tts_model.h"

namespace parley::model {

inline constexpr Nanos kTtsLateMargin = Millis(300);   // a step, and one of somebody else before it
inline constexpr Nanos kTtsFairQuantum = Millis(200);  // run time of a sentence of 2.5 s
inline constexpr int kTtsBulkShare = 16;               // one part in so many, while others wait

class TtsQueue {
 public:
  struct Item {
    std::shared_ptr<TtsCall> call;  // shared with the session, which may end first
    Instant submitted;
    std::uint64_t order = 0;
    Instant due;            // of the next piece
    bool is_begun = false;  // at least one step has run
    bool is_first = true;   // nothing of it can be heard yet
    Instant played_from;    // when what streams began to play; once !is_first
    Nanos ran{0};           // in all its steps
    std::size_t owner = 0;  // in `owners_`
    Nanos wait_thought{0};  // by the sum of what was wanted then, when it came; 0: not known
  };

  /// `capacity` >= 1 calls wait, `workers` >= 1 run at once; `rate` in Hz. `metrics`, which may be
  /// null, outlives it.
  TtsQueue(std::size_t capacity, std::size_t workers, int rate, TtsMetrics* metrics = nullptr);

  /// False, and the reference kept by the caller, when full or closed.
  [[nodiscard]] bool push(std::shared_ptr<TtsCall>& call, Instant now) noexcept;
  /// Appends the calls whose turn it is, at most `count_max`, to `out`; `out` has room reserved.
  void pop(std::size_t count_max, Instant now, std::vector<Item>& out) noexcept;
  /// After a step of `ran`. True: the call has more steps and waits again (`item` is moved from).
  [[nodiscard]] bool after_run(Item& item, Nanos ran, Instant now) noexcept;
  /// Instead of a step: the call was over before it could run.
  void forget(const Item& item) noexcept;
  /// Takes one call out; nothing when it is not (or no longer) here.
  [[nodiscard]] std::shared_ptr<TtsCall> remove(const Call& call) noexcept;
  /// Refuses further calls.
  void close() noexcept;

  [[nodiscard]] Instant oldest() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;
  /// How long a call that is wanted now would wait: what the workers need for all that is wanted
  /// now, times what the last waits were of what was thought of them. (What has time lets it pass
  /// now, but becomes urgent while it waits: the more so, the busier the workers are.)
  [[nodiscard]] Nanos backlog(Instant now) const noexcept;

 private:
  struct Owner {
    std::uint64_t id = 0;
    Nanos virtual_time{0};
    std::size_t calls = 0;  // that wait or run
  };

  [[nodiscard]] static Instant due_of(const Item& item) noexcept;
  [[nodiscard]] static bool has_time(const Item& item, Instant now) noexcept {
    return due_of(item) > now + kTtsLateMargin;
  }
  [[nodiscard]] bool goes_before(const Item& a, const Item& b, Instant now) const noexcept;
  [[nodiscard]] std::size_t enter(std::uint64_t owner) noexcept;
  [[nodiscard]] std::size_t next(Instant now) const noexcept;
  [[nodiscard]] Nanos next_run_of(const Item& item) const noexcept;
  [[nodiscard]] Nanos wanted_now(Instant now) const noexcept;
  void learn_wait(const Item& begun, Instant now) noexcept;

  const std::size_t capacity_;
  const std::size_t workers_;
  const int rate_;
  TtsMetrics* const metrics_;
  mutable std::mutex mutex_;   // held while a few hundred calls are looked through
  std::vector<Item> waiting_;  // GUARDED_BY(mutex_), as is all that follows; in no order
  std::vector<Owner> owners_;
  Nanos virtual_now_{0};          // of the owner that was served last
  Nanos bulk_credit_{0};          // run time that bulk calls have earned and not used
  double seconds_per_character_;  // of text, at speed 1
  double seconds_per_step_;       // of a call that streams
  double wait_factor_ = 1.0;      // of waits, by what was thought of them
  std::uint64_t next_order_ = 0;
  bool closed_ = false;
};

}  // namespace parley::model
