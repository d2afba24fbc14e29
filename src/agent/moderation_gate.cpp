// SPDX-License-Identifier: Apache-2.0
#include "agent/moderation_gate.h"

#include <utility>

#include "base/log.h"

namespace parley::agent {
namespace {

void count(Metrics& metrics, ModerationGate::Source source, const char* verdict) {
  const char* const what = source == ModerationGate::Source::input ? "input" : "output";
  metrics
      .counter("parley_moderation_checks_total", "Texts that were checked, by what became of them",
               {{"source", what}, {"verdict", verdict}})
      .add();
}

}  // namespace

ModerationGate::ModerationGate(Surroundings around, const ModerationSettings& settings,
                               Source source)
    : around_(std::move(around)), settings_(settings), source_(source) {}

ModerationGate::~ModerationGate() {
  around_.timers.cancel(timer_);
  for (const Check& check : checks_) {
    if (check.call->in_flight()) check.call->cancel();
  }
}

void ModerationGate::check(std::string text) {
  auto call = std::make_shared<model::ModerationCall>();
  call->source = source_;
  call->text = std::move(text);
  const Instant now = around_.clock.now();
  const Instant deadline = now + settings_.timeout;
  call->begin(around_.waker, deadline);
  if (!around_.host.submit(call)) {
    call->status = Error{ErrorCode::resource_exhausted, "too many checks wait"};
    call->finish();
  }
  checks_.push_back({std::move(call), deadline});
  around_.timers.cancel(timer_);
  timer_ = around_.timers.schedule(checks_.front().deadline, around_.waker);
}

ModerationGate::Verdict ModerationGate::look() {
  while (!refused_ && !checks_.empty()) {
    const Check& first = checks_.front();
    const bool is_done = first.call->done();
    if (!is_done && around_.clock.now() < first.deadline) return Verdict::waits;
    refused_ = is_refused(first, is_done);
    if (!is_done) first.call->cancel();
    checks_.pop_front();
    if (!refused_) ++passed_;
    around_.timers.cancel(timer_);
    if (!checks_.empty()) {
      timer_ = around_.timers.schedule(checks_.front().deadline, around_.waker);
    }
  }
  return refused_ ? Verdict::refused : Verdict::passed;
}

bool ModerationGate::is_refused(const Check& check, bool in_time) {
  if (in_time && check.call->status) {
    count(around_.metrics, source_, check.call->refused ? "refused" : "passed");
    return check.call->refused;
  }
  count(around_.metrics, source_, in_time ? "failed" : "timeout");
  log::warn("a text was not checked",
            {{"reason", in_time ? check.call->status.error().message : "no verdict in time"},
             {"goes_on", settings_.passes_unchecked}});
  return !settings_.passes_unchecked;
}

}  // namespace parley::agent
