// SPDX-License-Identifier: Apache-2.0
//
// What an operator promises.
//
// Life: constructor (declares ports) → `open` once (may load, allocate, fail) → `adopt` if it takes
// another one's place → `process` many times → `close` once. All calls come from the pipeline's
// strand, never two at a time, except `open`, which may run on a control thread before its first
// `process`, and `close`, which may run there after its last.
// `process` never blocks and, on the audio path, never allocates. What `open`, `process` and
// `adopt` throw costs the node, not the process (error_policy.h); our own throw nothing. Work that
// takes long is submitted to a model host with `context.waker()`; the operator returns `need_input`
// and looks again when it is woken.
//
// When is `process` called? When a frame was pushed to one of its inputs; when an output it was
// `blocked` on has room again; at the start of every `Pipeline::run` (that is how wakes and timers
// arrive); and once more after a call that moved something and left frames waiting. So an operator
// may take one frame or all of them per call; finding nothing to do must be cheap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "exec/strand.h"
#include "media/frame.h"

namespace parley::graph {

class InBase;
class OutBase;

/// The whole flow protocol (after DuckDB's operator results).
enum class Progress : std::uint8_t {
  need_input,   // did what it could; call again when a port or the waker has news
  more_output,  // has more to do with what it holds; call again soon
  blocked,      // an output has no room; call again when it has
  finished,     // will never produce again, nor be called; what is sent to it is dropped
};

/// What an operator may ask of the pipeline it runs in. Threads: strand, inside a call.
class ProcessContext {
 public:
  virtual ~ProcessContext() = default;
  [[nodiscard]] virtual Instant now() const noexcept = 0;
  /// The session's current turn; frames of older turns are stale.
  [[nodiscard]] virtual media::Turn turn() const noexcept = 0;
  /// Hand this to a host: waking it makes the pipeline run again. Threads: any.
  [[nodiscard]] virtual const exec::Waker& waker() const noexcept = 0;
  /// Asks for a run at or soon after `at`.
  virtual void wake_at(Instant at) noexcept = 0;
  /// Something failed that cost only what the operator had in hand, and it goes on: an ErrorEvent,
  /// no error policy. For work that a model host gave back failed.
  virtual void report(const Error& error) = 0;
  /// `items` were given away as one batch, whose first one had `waited`: for metrics and profiles,
  /// of operators that gather frames. Allocates at an operator's first batch.
  virtual void note_batch(std::size_t /*items*/,
                          std::optional<Nanos> /*waited*/ = std::nullopt) noexcept {}
};

class Operator {
 public:
  virtual ~Operator() = default;
  Operator() = default;
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  virtual Status open(ProcessContext& /*context*/) { return {}; }
  virtual Result<Progress> process(ProcessContext& context) = 0;
  /// Hot update: this operator, already open, takes the place of `predecessor`, an open operator
  /// with the same ports. Take over what it remembers by moving: no allocation, no I/O, and leave
  /// the ports alone (the frames that wait in them are moved by the pipeline). An error refuses
  /// the update; the predecessor then goes on and must be as it was. Threads: strand, between two
  /// calls of `process`.
  virtual Status adopt(Operator& /*predecessor*/) { return {}; }
  /// True while something that it waits for will come by itself: an answer of a model host, a timer
  /// that paces. `Runner::run` does not end before. Threads: strand, between two calls.
  [[nodiscard]] virtual bool is_busy() const noexcept { return false; }
  /// The turn moved on: stop work whose turn is over (cancel model calls, drop held frames).
  virtual void on_turn(media::Turn /*now*/) noexcept {}
  virtual void close() noexcept {}

  /// In the order in which the operator declares them.
  [[nodiscard]] const std::vector<InBase*>& inputs() const { return inputs_; }
  [[nodiscard]] const std::vector<OutBase*>& outputs() const { return outputs_; }

 private:
  friend class InBase;  // ports register themselves
  friend class OutBase;
  std::vector<InBase*> inputs_;
  std::vector<OutBase*> outputs_;
};

}  // namespace parley::graph
