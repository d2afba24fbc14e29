// SPDX-License-Identifier: Apache-2.0
#include "graph/port.h"

#include "graph/operator.h"
#include "graph/profiler.h"

namespace parley::graph {

InBase::InBase(Operator& owner, std::string_view name, std::size_t type, InOptions options)
    : PortBase(owner, name, type,
               {.rate_hz = options.rate_hz, .channels = options.channels, .shape = options.shape}),
      required_(options.required) {
  owner.inputs_.push_back(this);
}

void InBase::note_stale() noexcept {
  ++counters_.stale;
  if (stale_metric_ != nullptr) stale_metric_->add();
  note_removed();
}

void InBase::note_queued() const noexcept {
  if (probe_ != nullptr) scope_->profile->note_queued(*probe_);
}

OutBase::OutBase(Operator& owner, std::string_view name, std::size_t type, OutOptions options)
    : PortBase(owner, name, type,
               {.rate_hz = options.rate_hz, .channels = options.channels, .shape = options.shape}),
      is_ordered_(options.is_ordered),
      format_of_(options.format_of) {
  PARLEY_CHECK(format_of_ == nullptr || &format_of_->owner() == &owner);
  owner.outputs_.push_back(this);
}

void PortBase::note_misuse(Misuse what) const noexcept {
  PARLEY_CHECK(scope_->calling != PortScope::kNobody);  // outside of an operator: our own mistake
  if (scope_->misuse != Misuse::none) return;           // the first says most
  scope_->misuse = what;
  scope_->misused = this;
}

void OutBase::check_order(const media::FrameHeader& head) noexcept {
  const bool is_next_of_same = head.stream == last_.stream && head.turn == last_.turn;
  if (is_next_of_same && head.pts < last_.pts) note_misuse(Misuse::out_of_order);
  last_ = head;
}

void OutBase::tell_tap(const media::FrameHeader& head) const noexcept {
  scope_->tap->on_push({.node = node_id_, .port = name()}, head, type(), scope_->clock->now());
}

}  // namespace parley::graph
