// SPDX-License-Identifier: Apache-2.0
//
// A voice host with a phrase cache in front of it. Nobody who submits calls needs to know.
//
// A call for what is in memory is done when `submit` returns: nothing is copied, its parts are
// slices of what is kept. What is on the disk is read by the disk's thread. What is nowhere is made
// by the host behind, once however many ask: the first call for a key begins a flight, later ones
// join it, get at once what is there of it and then each part as it comes. A flight goes on until
// its last caller has cancelled; when it fails, all of them hear why. When a caller joins that is
// in more of a hurry, the flight hurries.
//
//   submit ─┬─ in memory ───────────────────────────────────────────────→ done
//           ├─ in flight ─→ joins ─┐
//           └─ otherwise ─→ begins a flight: reading ─(not there)→ waiting → making → landed
//
// Passed through untouched: what is longer than `text_bytes_max`. Kept: only what came to its end.
//
// A call's seed counts unless it says that it takes any (`TtsCall::any_seed`) and so do the
// options: then all who ask for the text share one audio, whatever their seeds. It is made with a
// seed that the key says, so that it does not depend on who asked first, or on what is kept: a
// whole call stays the same in each run, with any cache in front of the voice.
//
// Threads: any; flights are looked after on one strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backend/phrase_cache/phrase_cache.h"
#include "exec/strand.h"
#include "exec/timer.h"
#include "model/tts_model.h"

namespace parley::backend {

struct CachingTtsOptions {
  /// What a voice's name stands for. Names that stand for the same voice give the same.
  struct Voice {
    std::string name;
    std::string model_hash;
  };
  std::function<Voice(std::string_view name)> voice_of;
  bool any_seed = true;               // calls that take any seed share their audio
  std::size_t text_bytes_max = 1000;  // longer ones pass through: nobody repeats them
  /// A disk that has not answered by then is not waited for.
  Nanos disk_timeout = Millis(50);
};

class CachingTtsHost final : public model::TtsHost,
                             private exec::StrandBody,
                             private model::CancelHook {
 public:
  /// All outlive it. The executor's threads must not block.
  struct Surroundings {
    exec::Executor& executor;
    exec::TimerService& timers;
    const Clock& clock;
  };

  /// `host` and `cache` outlive it.
  CachingTtsHost(model::TtsHost& host, PhraseCache& cache, CachingTtsOptions options,
                 const Surroundings& around);
  /// Calls in flight are done with ErrorCode::unavailable.
  ~CachingTtsHost() override;
  CachingTtsHost(const CachingTtsHost&) = delete;
  CachingTtsHost& operator=(const CachingTtsHost&) = delete;

  bool submit(std::shared_ptr<model::TtsCall> call) noexcept override;
  [[nodiscard]] int rate() const noexcept override { return host_.rate(); }
  [[nodiscard]] Nanos backlog() const noexcept override { return host_.backlog(); }

  /// The key under which a call's audio is kept.
  [[nodiscard]] PhraseKey key_of(const model::TtsCall& call) const;

 private:
  using CallRef = std::shared_ptr<model::TtsCall>;  // shared with the session, which may end first
  enum class Stage : std::uint8_t { reading, waiting, making, landed };

  /// What is being made for one key, or read.
  struct Flight {
    PhraseKey key;
    Stage stage = Stage::waiting;
    CallRef leader;                       // ours: what the host behind works on
    std::shared_ptr<PhraseRead> read;     // while reading
    PhraseRef found;                      // by it
    std::vector<CallRef> callers;         // who gets it, in the order in which they came
    std::vector<media::BufferRef> parts;  // so far
    Instant deadline = Instant::never();  // the earliest of them, until the leader has begun
    bool has_begun = false;               // the leader's words are in place
    bool is_shared = false;               // more than one asked
  };
  /// Shared: a flight that its last caller leaves may be landing.
  using FlightRef = std::shared_ptr<Flight>;

  bool run_slice() noexcept override;
  void on_cancel(model::Call& call) noexcept override;

  // With the mutex held.
  [[nodiscard]] bool join(const PhraseKey& key, const CallRef& call);
  [[nodiscard]] bool begin(const PhraseKey& key, const CallRef& call);
  [[nodiscard]] bool ask_host(Flight& flight);
  void look_after(Flight& flight);
  void pass_on(Flight& flight);

  void land(const FlightRef& flight);
  static void end(std::vector<CallRef>& callers, bool has_begun, const PhraseRef& phrase,
                  const Status& status) noexcept;
  [[nodiscard]] bool is_shared(const Flight& flight);
  [[nodiscard]] bool takes_any_seed(const model::TtsCall& call) const;
  [[nodiscard]] PhraseRef phrase_of(const Flight& flight);
  [[nodiscard]] std::vector<CallRef> take(const FlightRef& flight);

  model::TtsHost& host_;
  PhraseCache& cache_;
  const CachingTtsOptions options_;
  exec::TimerService& timers_;
  const Clock& clock_;
  const std::shared_ptr<exec::Strand> strand_;

  std::mutex mutex_;                        // held while parts are handed out
  std::map<PhraseKey, FlightRef> flights_;  // GUARDED_BY(mutex_)
};

/// What a caller gets of a phrase that is there: words, and audio whole or in parts that begin
/// short, so that what works on them can begin at once.
void answer(model::TtsCall& call, const Phrase& phrase);

}  // namespace parley::backend
