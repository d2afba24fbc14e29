// SPDX-License-Identifier: Apache-2.0
#include "service/twilio/call_service.h"

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
  PARLEY_TRY(const std::uint64_t seed, impl_->places.enter());
  agent::AgentContext context = impl_->context;
  context.owner = std::move(request.owner);
  Result<std::unique_ptr<CallCore>> core = CallCore::make({
      .context = std::move(context),
      .executor = impl_->executor,
      .metrics = impl_->metrics,
      .settings = impl_->options.defaults,
      .greeting = impl_->options.greeting,
      .session_max = impl_->options.session_max,
      .prices = impl_->options.prices,
      .allowance = std::move(request.allowance),
      .seed = seed,
      .link = std::move(link),
      .on_close = [impl = impl_.get()] { impl->places.leave(); },
  });
  if (!core) return std::move(core).error();  // its place was given back with it
  impl_->metrics.opened.add();
  CallCore& started = **core;
  // Shared: the connection holds it, and `drain` must be able to ask whether it is still there.
  auto session = std::make_shared<CallSession>(std::move(*core));
  impl_->places.remember(session);
  started.start();
  return session;
}

std::size_t CallService::sessions() const noexcept { return impl_->places.count(); }

void CallService::drain() { impl_->places.drain(); }

}  // namespace parley::service
