// SPDX-License-Identifier: Apache-2.0
#include "service/twilio/overheard_calls.h"

#include <utility>
#include <vector>

namespace parley::service {

OverheardCalls::OverheardCalls(RecognitionService& service, SessionObserver& observer,
                               OverheardOptions options)
    : service_(service), observer_(observer), options_(options), random_(options.seed) {}

OverheardCalls::~OverheardCalls() {
  std::unordered_map<const OverheardCall*, std::shared_ptr<OverheardCall>> calls;
  {
    const std::lock_guard lock(mutex_);
    calls.swap(calls_);
  }
  // Without the lock: a call that ends meanwhile waits for it.
  for (const auto& [name, call] : calls) call->abandon();
}

std::shared_ptr<OverheardCall> OverheardCalls::open(OverheardRequest request,
                                                    std::shared_ptr<OverheardLink> link) {
  RecognitionRequest listening;
  listening.id = std::move(request.id);
  listening.face = "twilio";
  listening.owner = std::move(request.owner);
  listening.client = request.client;
  const std::lock_guard lock(mutex_);
  auto call = std::make_shared<OverheardCall>(OverheardCall::Setup{
      .service = service_,
      .observer = observer_,
      .id = random_.id("sess_"),
      .key = std::move(request.key),
      .request = std::move(listening),
      .session_max = options_.session_max,
      .allowance = std::move(request.allowance),
      .link = std::move(link),
      .on_end = [this, guard = std::move(request.guard)](OverheardCall& ended) { forget(ended); },
  });
  calls_.emplace(call.get(), call);
  if (draining_) call->drain();
  call->start();
  return call;
}

void OverheardCalls::forget(const OverheardCall& call) {
  const std::lock_guard lock(mutex_);
  calls_.erase(&call);
}

void OverheardCalls::drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  for (const auto& [name, call] : calls_) call->drain();
}

}  // namespace parley::service
