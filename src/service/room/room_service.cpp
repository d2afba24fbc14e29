// SPDX-License-Identifier: Apache-2.0
#include "service/room/room_service.h"

#include <functional>
#include <utility>

#include "service/room/room_core.h"
#include "service/session_places.h"

namespace parley::service {

struct RoomService::Impl {
  Impl(const agent::AgentContext& with, exec::Executor& runs_on, const graph::Registry& knows,
       RoomOptions wants)
      : context(with),
        executor(runs_on),
        registry(knows),
        options(std::move(wants)),
        metrics(with.metrics),
        places(options.sessions_max, options.seed, metrics) {}

  const agent::AgentContext context;
  exec::Executor& executor;
  const graph::Registry& registry;
  const RoomOptions options;
  RoomMetrics metrics;
  SessionPlaces<RoomSession, RoomMetrics> places;
};

RoomService::RoomService(const agent::AgentContext& context, exec::Executor& executor,
                         const graph::Registry& registry, RoomOptions options)
    : impl_(std::make_unique<Impl>(context, executor, registry, std::move(options))) {}

RoomService::~RoomService() = default;

Result<std::shared_ptr<RoomSession>> RoomService::open(RoomRequest request,
                                                       std::shared_ptr<room::RoomLink> link) {
  agent::AgentContext context = impl_->context;
  context.owner = request.owner;
  return impl_->places.open([&](std::uint64_t seed, std::function<void()> on_close) {
    return RoomCore::make({.session = {.context = std::move(context),
                                       .executor = impl_->executor,
                                       .settings = impl_->options.defaults,
                                       .session_max = impl_->options.session_max,
                                       .prices = impl_->options.prices,
                                       .allowance = request.allowance,
                                       .seed = seed,
                                       .on_close = std::move(on_close)},
                           .registry = impl_->registry,
                           .metrics = impl_->metrics,
                           .request = std::move(request),
                           .keeping = impl_->options.keeping,
                           .link = std::move(link)});
  });
}

std::size_t RoomService::sessions() const noexcept { return impl_->places.count(); }

void RoomService::drain() { impl_->places.drain(); }

media::BufferPool& RoomService::buffers() const noexcept { return impl_->context.buffers; }

}  // namespace parley::service
