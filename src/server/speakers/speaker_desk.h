// SPDX-License-Identifier: Apache-2.0
//
// Where requests about speakers wait their turn: decoding, models and the store take their time,
// which no I/O loop has.
//
// Threads: `post` any; jobs run one after the other on a thread that may block.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>

#include "base/metrics.h"
#include "exec/chunked_queue.h"
#include "exec/strand.h"
#include "service/speakers/speaker_service.h"

namespace parley::server {

/// Requests about speakers that wait; further ones are answered 503 (counted).
inline constexpr std::size_t kSpeakerRequestsMax = 64;

class SpeakerDesk final : private exec::StrandBody {
 public:
  using Job = std::function<void(service::SpeakerService&)>;

  /// All outlive it; `executor`'s thread may block.
  SpeakerDesk(service::SpeakerService& service, exec::Executor& executor, Metrics& metrics);
  /// Waits for the job that is running; forgets those that wait.
  ~SpeakerDesk() override;
  SpeakerDesk(const SpeakerDesk&) = delete;
  SpeakerDesk& operator=(const SpeakerDesk&) = delete;

  /// False: too many wait, and `job` will not be done.
  [[nodiscard]] bool post(Job job);

 private:
  bool run_slice() noexcept override;

  service::SpeakerService& service_;
  Counter& refused_;
  const std::shared_ptr<exec::Strand> strand_;
  std::mutex mutex_;                 // held for a few moves only
  exec::ChunkedQueue<Job> waiting_;  // GUARDED_BY(mutex_)
};

}  // namespace parley::server
