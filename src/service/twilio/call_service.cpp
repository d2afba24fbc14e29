// SPDX-License-Identifier: Apache-2.0
#include "service/twilio/call_service.h"

#include <functional>
#include <utility>

#include "service/session_places.h"
#include "service/twilio/call_core.h"

namespace parley::service {

struct CallService::Impl {
  Impl(const agent::AgentContext& with, exec::Executor& runs_on, CallOptions wants)
      : context(with),
        executor(runs_on),
        options(std::move(wants)),
        metrics(with.metrics),
        places(options.sessions_max, options.seed, metrics) {}

  const agent::AgentContext context;
  exec::Executor& executor;
  const CallOptions options;
  CallMetrics metrics;
  SessionPlaces<CallSession, CallMetrics> places;
};

CallService::CallService(const agent::AgentContext& context, exec::Executor& executor,
                         CallOptions options)
    : impl_(std::make_unique<Impl>(context, executor, std::move(options))) {}

CallService::~CallService() = default;

Result<std::shared_ptr<CallSession>> CallService::open(CallRequest request,
                                                       std::shared_ptr<CallLink> link) {
  agent::AgentContext context = impl_->context;
  context.owner = std::move(request.owner);
  return impl_->places.open([&](std::uint64_t seed, std::function<void()> on_close) {
    return CallCore::make({.session = {.context = std::move(context),
                                       .executor = impl_->executor,
                                       .settings = impl_->options.defaults,
                                       .session_max = impl_->options.session_max,
                                       .prices = impl_->options.prices,
                                       .allowance = std::move(request.allowance),
                                       .seed = seed,
                                       .on_close = std::move(on_close)},
                           .metrics = impl_->metrics,
                           .greeting = impl_->options.greeting,
                           .link = std::move(link)});
  });
}

std::size_t CallService::sessions() const noexcept { return impl_->places.count(); }

void CallService::drain() { impl_->places.drain(); }

}  // namespace parley::service
