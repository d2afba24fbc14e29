// SPDX-License-Identifier: Apache-2.0
//
// Replacing an operator of a running pipeline, with no frame lost or doubled and nothing freed on
// the audio path.
//
//   control thread                          the pipeline's strand
//   `Pipeline::update` checks the ports,
//   opens the new operator, queues it  ──▶  at the start of a `run`: `adopt`, swap (queues, edges
//                                           and counters are moved, nothing is allocated)
//   `Update::wait`, `Pipeline::collect`
//   close and free the old one         ◀──  hands the old one back
//
// Two stacks without locks (pushed by compare-and-swap, taken whole) carry updates there and back.
//
// Threads: stated at each function.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "graph/operator.h"

namespace parley::graph {

/// One replacement on its way. Shared, because the one who asked and the pipeline both hold it.
class Update {
 public:
  enum class State : std::uint8_t { waiting, done, refused };

  Update(std::size_t node, std::unique_ptr<Operator> op) : node_(node), op_(std::move(op)) {}
  Update(const Update&) = delete;
  Update& operator=(const Update&) = delete;
  ~Update() { release(); }

  /// Threads: any.
  [[nodiscard]] State state() const noexcept { return state_.load(std::memory_order_acquire); }
  /// How it went. REQUIRES: state() is not waiting. Threads: any.
  [[nodiscard]] Status result() const;
  /// Sleeps until the pipeline has run and taken or refused it; then closes and frees the operator
  /// that is left over, here. Not on the pipeline's strand, nor where this thread has to run it.
  /// Errors: what `adopt` returned; failed_precondition when the pipeline failed or was closed, or
  /// the operator in place had finished; the operator in place stays. Threads: any but the strand.
  Status wait();

 private:
  friend class Pipeline;
  friend class UpdateStack;
  class OpenContext;
  void settle(State state, Error error = {});
  void release() noexcept;

  const std::size_t node_;
  std::unique_ptr<Operator> op_;  // the new one; once settled, the one that is left over
  bool is_open_ = false;          // op_
  std::atomic<bool> is_released_{false};
  std::atomic<State> state_{State::waiting};
  Error error_;                         // refused
  media::Turn opened_in_;               // the turn that `open` saw
  Instant wake_at_ = Instant::never();  // what `open` asked for
  std::vector<Error> reports_;          // what `open` reported
  std::shared_ptr<Update> self_;        // while a stack holds a bare pointer
  Update* below_ = nullptr;             // in that stack
};

/// Threads: any. Allocates: no.
class UpdateStack {
 public:
  ~UpdateStack() {
    drain([](const std::shared_ptr<Update>&) {});
  }
  void push(std::shared_ptr<Update> update) noexcept;
  [[nodiscard]] bool empty() const noexcept {
    return top_.load(std::memory_order_relaxed) == nullptr;
  }
  /// Takes all; `take(std::shared_ptr<Update>)` for each, in the order of pushing.
  template <typename Take>
  void drain(Take take) {
    for (Update* next = pop_all_oldest_first(); next != nullptr;) {
      Update* const below = std::exchange(next->below_, nullptr);
      // Out of the update first, whatever `take` does with it: an update that holds itself stays.
      take(std::exchange(next->self_, nullptr));
      next = below;
    }
  }

 private:
  Update* pop_all_oldest_first() noexcept;
  std::atomic<Update*> top_{nullptr};
};

/// What keeps an operator from taking the place of another, port by port, in words; empty when
/// nothing does. Ports are given by `port_lines`.
[[nodiscard]] std::string port_difference(const std::vector<std::string>& running,
                                          const std::vector<std::string>& offered);
/// `input audio (AudioFrame at 16000 Hz)` for each port, inputs first.
[[nodiscard]] std::vector<std::string> port_lines(const Operator& op);

}  // namespace parley::graph
