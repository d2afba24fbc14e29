// SPDX-License-Identifier: Apache-2.0
#include "service/xiaozhi/xiaozhi_service.h"

#include <functional>
#include <utility>

#include "service/session_places.h"
#include "service/speaker_gate.h"
#include "service/xiaozhi/xiaozhi_core.h"

namespace parley::service {

struct XiaozhiService::Impl {
  Impl(const agent::AgentContext& with, exec::Executor& runs_on, XiaozhiOptions wants)
      : context(with),
        executor(runs_on),
        options(std::move(wants)),
        metrics(with.metrics),
        places(options.sessions_max, options.seed, metrics) {}

  const agent::AgentContext context;
  exec::Executor& executor;
  const XiaozhiOptions options;
  XiaozhiMetrics metrics;
  SessionPlaces<XiaozhiSession, XiaozhiMetrics> places;
};

XiaozhiService::XiaozhiService(const agent::AgentContext& context, exec::Executor& executor,
                               XiaozhiOptions options)
    : impl_(std::make_unique<Impl>(context, executor, std::move(options))) {}

XiaozhiService::~XiaozhiService() = default;

Result<std::shared_ptr<XiaozhiSession>> XiaozhiService::open(XiaozhiRequest request,
                                                             std::shared_ptr<XiaozhiLink> link) {
  agent::AgentContext context = impl_->context;
  context.owner = std::move(request.owner);
  agent::AgentSettings settings = impl_->options.defaults;
  settings.enrolled_only = request.enrolled_only.value_or(settings.enrolled_only);
  return impl_->places.open([&](std::uint64_t seed, std::function<void()> on_close) {
    return XiaozhiCore::make({.session = {.context = std::move(context),
                                          .executor = impl_->executor,
                                          .settings = std::move(settings),
                                          .session_max = impl_->options.session_max,
                                          .prices = impl_->options.prices,
                                          .allowance = std::move(request.allowance),
                                          .seed = seed,
                                          .on_close = std::move(on_close)},
                              .metrics = impl_->metrics,
                              .device = std::move(request.device),
                              .link = std::move(link)});
  });
}

Result<bool> XiaozhiService::parse_gate(std::string_view wanted) const {
  return service::parse_gate(wanted, impl_->context);
}

std::size_t XiaozhiService::sessions() const noexcept { return impl_->places.count(); }

media::BufferPool& XiaozhiService::buffers() const noexcept { return impl_->context.buffers; }

void XiaozhiService::drain() { impl_->places.drain(); }

}  // namespace parley::service
