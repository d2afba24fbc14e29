// SPDX-License-Identifier: Apache-2.0
#include "server/speakers/speaker_desk.h"

#include <optional>
#include <utility>

namespace parley::server {

SpeakerDesk::SpeakerDesk(service::SpeakerService& service, exec::Executor& executor,
                         Metrics& metrics)
    : service_(service),
      refused_(metrics.counter("parley_speakers_requests_refused_total",
                               "Requests about speakers refused since too many waited")),
      strand_(exec::Strand::make(executor, *this)) {}

SpeakerDesk::~SpeakerDesk() { strand_->close(); }

bool SpeakerDesk::post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < kSpeakerRequestsMax) {
      waiting_.push(std::move(job));
      strand_->wake();
      return true;
    }
  }
  refused_.add();
  return false;
}

bool SpeakerDesk::run_slice() noexcept {
  std::optional<Job> job;
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    if (!waiting_.empty()) job.emplace(waiting_.pop());
    more = !waiting_.empty();
  }
  if (job) (*job)(service_);
  return more;
}

}  // namespace parley::server
