// SPDX-License-Identifier: Apache-2.0
//
// The telephone calls that are listened to: opens them, and keeps each until all of its words have
// been told, which may be after its socket has gone. One per process. Threads: any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/random.h"
#include "service/twilio/overheard_call.h"

namespace parley::service {

struct OverheardOptions {
  std::chrono::seconds session_max{3600};  // then a call is not listened to any more
  std::uint64_t seed = 0;                  // of the names of sessions
};

/// What the connection knows before the call's first message.
struct OverheardRequest {
  std::string id = {};                        // of the request, in logs
  std::string key = {};                       // the name of the key, in records
  std::string owner = {};                     // whose enrolled speakers are told by name
  std::uint64_t client = 0;                   // whose share of the recogniser it takes
  std::shared_ptr<Allowance> allowance = {};  // of the key; null: no limits
  std::shared_ptr<void> guard = {};           // is let go of when all has been told
};

class OverheardCalls {
 public:
  /// Both outlive it. How many there may be is the recognition service's to say.
  OverheardCalls(RecognitionService& service, SessionObserver& observer, OverheardOptions options);
  /// Calls that are there tell nothing any more.
  ~OverheardCalls();

  [[nodiscard]] std::shared_ptr<OverheardCall> open(OverheardRequest request,
                                                    std::shared_ptr<OverheardLink> link);
  [[nodiscard]] RecognitionService& recognition() const noexcept { return service_; }
  /// Those that are there end as soon as nobody is in the middle of a sentence.
  void drain();

 private:
  void forget(const OverheardCall& call);

  RecognitionService& service_;
  SessionObserver& observer_;
  const OverheardOptions options_;
  std::mutex mutex_;
  Random random_;          // GUARDED_BY(mutex_)
  bool draining_ = false;  // GUARDED_BY(mutex_)
  // Shared with their connections. GUARDED_BY(mutex_)
  std::unordered_map<const OverheardCall*, std::shared_ptr<OverheardCall>> calls_;
};

}  // namespace parley::service
