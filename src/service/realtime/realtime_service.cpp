// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/realtime_service.h"

#include <functional>
#include <utility>

#include "base/random.h"
#include "service/realtime/session_core.h"
#include "service/session_places.h"

namespace parley::service {

struct RealtimeService::Impl {
  Impl(const agent::AgentContext& with, exec::Executor& runs_on, RealtimeOptions wants)
      : context(with),
        executor(runs_on),
        options(std::move(wants)),
        metrics(with.metrics),
        meter_metrics(with.metrics, options.prices),
        places(options.sessions_max, options.seed, metrics) {}

  const agent::AgentContext context;
  exec::Executor& executor;
  const RealtimeOptions options;
  SessionMetrics metrics;
  MeterMetrics meter_metrics;
  SessionPlaces<RealtimeSession, SessionMetrics> places;
};

RealtimeService::RealtimeService(const agent::AgentContext& context, exec::Executor& executor,
                                 RealtimeOptions options)
    : impl_(std::make_unique<Impl>(context, executor, std::move(options))) {}

RealtimeService::~RealtimeService() = default;

Result<std::shared_ptr<RealtimeSession>> RealtimeService::open(SessionRequest request,
                                                               std::shared_ptr<ClientLink> link) {
  return impl_->places.open([&](std::uint64_t seed, std::function<void()> on_close) {
    Random ids(seed);
    SessionSettings::Start start{
        .id = ids.id("sess_"),
        .model = std::move(request.model),
        .voice = std::move(request.voice),
        .type = request.type,
        .expires_at = impl_->context.clock.unix_seconds() + impl_->options.session_max.count(),
    };
    return SessionCore::make({
        .context = impl_->context,
        .executor = impl_->executor,
        .metrics = impl_->metrics,
        .defaults = impl_->options.defaults,
        .start = std::move(start),
        .patch = std::move(request.session),
        .session_max = impl_->options.session_max,
        .prices = impl_->options.prices,
        .meter_metrics = impl_->meter_metrics,
        .budget = request.budget.value_or(impl_->options.budget),
        .allowance = std::move(request.allowance),
        .observer = impl_->options.observer,
        .key = std::move(request.key),
        .seed = ids.next(),
        .speaker_score_min = impl_->options.speaker_score_min,
        .link = std::move(link),
        .keeping = impl_->options.keeping,
        .owner = std::move(request.owner),
        .resume = std::move(request.conversation),
        .on_close = std::move(on_close),
    });
  });
}

std::variant<protocol::SessionConfig, protocol::ProtocolError> RealtimeService::preview(
    const protocol::SessionPatch& patch) const {
  SessionSettings::Start start{.id = Random(entropy_seed()).id("sess_"),
                               .model = patch.model.value_or(""),
                               .voice = {},
                               .type = patch.type,
                               .expires_at = 0};
  SessionSettings settings(impl_->options.defaults, std::move(start));
  if (auto error = settings.apply(patch, {})) return std::move(*error);
  return settings.config();
}

std::size_t RealtimeService::sessions() const noexcept { return impl_->places.count(); }

void RealtimeService::drain() { impl_->places.drain(); }

}  // namespace parley::service
