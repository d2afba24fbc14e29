// SPDX-License-Identifier: Apache-2.0
#include "service/xiaozhi/xiaozhi_service.h"

#include <mutex>
#include <utility>

#include "base/random.h"
#include "service/xiaozhi/xiaozhi_core.h"

namespace parley::service {

struct XiaozhiService::Impl {
  Impl(const agent::AgentContext& with, exec::Executor& runs_on, XiaozhiOptions wants)
      : context(with),
        executor(runs_on),
        options(std::move(wants)),
        metrics(with.metrics),
        seeds(options.seed) {}

  /// The seed of one more session, or why there is none.
  Result<std::uint64_t> enter();
  void leave();

  const agent::AgentContext context;
  exec::Executor& executor;
  const XiaozhiOptions options;
  XiaozhiMetrics metrics;

  mutable std::mutex mutex;                             // held for a few moves only
  Random seeds;                                         // GUARDED_BY(mutex)
  std::size_t count = 0;                                // GUARDED_BY(mutex)
  bool draining = false;                                // GUARDED_BY(mutex)
  std::vector<std::weak_ptr<XiaozhiSession>> sessions;  // GUARDED_BY(mutex); some have ended
};

Result<std::uint64_t> XiaozhiService::Impl::enter() {
  const std::lock_guard lock(mutex);
  if (draining) {
    metrics.refused.add();
    return Error{ErrorCode::unavailable, "the server is shutting down"};
  }
  if (count >= options.sessions_max) {
    metrics.refused.add();
    return Error{ErrorCode::resource_exhausted,
                 "all " + std::to_string(options.sessions_max) + " sessions are taken"};
  }
  ++count;
  metrics.sessions.add(1);
  return seeds.next();
}

void XiaozhiService::Impl::leave() {
  const std::lock_guard lock(mutex);
  --count;
  metrics.sessions.add(-1);
}

XiaozhiService::XiaozhiService(const agent::AgentContext& context, exec::Executor& executor,
                               XiaozhiOptions options)
    : impl_(std::make_unique<Impl>(context, executor, std::move(options))) {}

XiaozhiService::~XiaozhiService() = default;

Result<std::shared_ptr<XiaozhiSession>> XiaozhiService::open(XiaozhiRequest request,
                                                             std::shared_ptr<XiaozhiLink> link) {
  PARLEY_TRY(const std::uint64_t seed, impl_->enter());
  Result<std::unique_ptr<XiaozhiCore>> core = XiaozhiCore::make({
      .context = impl_->context,
      .executor = impl_->executor,
      .metrics = impl_->metrics,
      .settings = impl_->options.defaults,
      .session_max = impl_->options.session_max,
      .prices = impl_->options.prices,
      .allowance = std::move(request.allowance),
      .device = std::move(request.device),
      .seed = seed,
      .link = std::move(link),
      .on_close = [impl = impl_.get()] { impl->leave(); },
  });
  if (!core) return std::move(core).error();  // its place was given back with it
  impl_->metrics.opened.add();
  XiaozhiCore& started = **core;
  // Shared: the connection holds it, and `drain` must be able to ask whether it is still there.
  auto session = std::make_shared<XiaozhiSession>(std::move(*core));
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->sessions.size() >= 2 * impl_->count) {
      std::erase_if(impl_->sessions, [](const auto& one) { return one.expired(); });
    }
    impl_->sessions.push_back(session);
    if (impl_->draining) session->finish();
  }
  started.start();
  return session;
}

std::size_t XiaozhiService::sessions() const noexcept {
  const std::lock_guard lock(impl_->mutex);
  return impl_->count;
}

media::BufferPool& XiaozhiService::buffers() const noexcept { return impl_->context.buffers; }

void XiaozhiService::drain() {
  std::vector<std::weak_ptr<XiaozhiSession>> sessions;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->draining = true;
    sessions = impl_->sessions;
  }
  for (const std::weak_ptr<XiaozhiSession>& one : sessions) {
    if (const std::shared_ptr<XiaozhiSession> session = one.lock()) session->finish();
  }
}

}  // namespace parley::service
