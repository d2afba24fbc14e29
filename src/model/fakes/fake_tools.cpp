// SPDX-License-Identifier: Apache-2.0
#include "model/fakes/fake_tools.h"

#include <algorithm>
#include <utility>

namespace parley::model {

FakeTools::FakeTools(std::vector<FakeTool> tools, exec::Executor& executor,
                     exec::TimerService& timers, const Clock& clock, std::size_t calls_max)
    : script_(std::move(tools)),
      calls_max_(calls_max),
      timers_(timers),
      clock_(clock),
      strand_(exec::Strand::make(executor, *this)) {
  for (const FakeTool& tool : script_) {
    described_.push_back({.name = tool.name, .description = "", .parameters = "{}"});
  }
}

FakeTools::~FakeTools() {
  strand_->close();
  timers_.cancel(timer_);
  for (Running& one : running_) finish(one, Error{ErrorCode::unavailable, "the tools are going"});
}

bool FakeTools::submit(std::shared_ptr<ToolCall> call) {
  const auto known = std::find_if(script_.begin(), script_.end(),
                                  [&](const FakeTool& tool) { return tool.name == call->name; });
  const Nanos delay = known == script_.end() ? Nanos{} : known->delay;
  call->set_cancel_hook(this);
  {
    const std::lock_guard lock(mutex_);
    if (running_.size() >= calls_max_) {
      call->set_cancel_hook(nullptr);
      return false;
    }
    ++seen_.submitted;
    running_.push_back({std::move(call), clock_.now() + delay});
  }
  strand_->wake();
  return true;
}

void FakeTools::forget(std::uint64_t /*session*/) noexcept {
  const std::lock_guard lock(mutex_);
  ++seen_.forgotten;
}

FakeTools::Seen FakeTools::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void FakeTools::on_cancel(Call& /*call*/) noexcept { strand_->wake(); }

bool FakeTools::run_slice() noexcept {
  std::vector<Running> over;
  Instant next = Instant::never();
  const Instant now = clock_.now();
  {
    const std::lock_guard lock(mutex_);
    for (Running& one : running_) {
      if (one.due <= now || one.call->cancelled()) {
        over.push_back(std::move(one));
      } else {
        next = std::min(next, one.due);
      }
    }
    std::erase_if(running_, [](const Running& one) { return one.call == nullptr; });
  }
  for (Running& one : over) {
    const auto tool = std::find_if(script_.begin(), script_.end(), [&](const FakeTool& known) {
      return known.name == one.call->name;
    });
    if (one.call->cancelled()) {
      finish(one, Error{ErrorCode::cancelled, "cancelled"});
    } else if (tool == script_.end()) {
      finish(one, Error{ErrorCode::not_found, "no such function"});
    } else {
      one.call->output = tool->output.empty() ? one.call->arguments : tool->output;
      one.call->alarms = tool->alarms;
      one.call->stops_alarms = tool->stops_alarms;
      finish(one, tool->status);
    }
  }
  timers_.cancel(timer_);
  timer_ = next == Instant::never() ? 0 : timers_.schedule(next, strand_->waker());
  return false;
}

void FakeTools::finish(Running& one, Status status) noexcept {
  one.call->set_cancel_hook(nullptr);
  {
    const std::lock_guard lock(mutex_);
    ++(one.call->cancelled() ? seen_.cancelled : seen_.finished);
  }
  one.call->status = std::move(status);
  one.call->finish();
}

}  // namespace parley::model
