// SPDX-License-Identifier: Apache-2.0
#include "exec/strand.h"

#include <utility>

namespace parley::exec {
namespace {

// The strand whose slice runs on this thread. Slices nest only where a test runs a ManualExecutor
// from inside a slice; the outer one is put back.
thread_local const Strand* current_strand = nullptr;

}  // namespace

std::shared_ptr<Strand> Strand::make(Executor& executor, StrandBody& body) {
  return std::shared_ptr<Strand>(new Strand(executor, body));  // the constructor is private
}

void Strand::wake() noexcept {
  if (!state_.wake()) return;
  queued_self_ = shared_from_this();
  executor_.post(*this);
}

void Strand::run() noexcept {
  // From here this frame keeps the strand alive: as soon as the state says idle, the next waker
  // may fill queued_self_ again.
  std::shared_ptr<Strand> self = std::move(queued_self_);
  if (!state_.begin_slice()) return;
  const Strand* const outer = std::exchange(current_strand, this);
  const bool has_more = body_.run_slice();
  current_strand = outer;
  if (!state_.end_slice(has_more)) return;
  queued_self_ = std::move(self);
  executor_.repost(*this);
}

void Strand::abandon() noexcept { const std::shared_ptr<Strand> last = std::move(queued_self_); }

void Strand::close() noexcept { state_.close(is_current()); }

bool Strand::is_current() const noexcept { return current_strand == this; }

void Waker::wake() const noexcept {
  if (strand_ != nullptr) strand_->wake();
}

}  // namespace parley::exec
