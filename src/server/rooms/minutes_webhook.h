// SPDX-License-Identifier: Apache-2.0
//
// Minutes of a room, posted to whoever asked for them: JSON, with the headers of Standard Webhooks,
// unsigned, tried three times.
//
//   {"type":"minutes","job":"AJ_…","room":"…","minutes":"…",
//    "lines":[{"speaker":"Ann","text":"…","at_ms":1200}, …]}
//
// Threads: any.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "service/room/room_request.h"
#include "transport/client/http_client.h"

namespace parley::server {

/// The body of the request.
[[nodiscard]] std::string minutes_json(const service::Minutes& minutes);

class MinutesWebhook {
 public:
  static constexpr int kTries = 3;
  /// A process that ends waits so long for minutes that are under way: rooms are drained last, and
  /// that is when most of them are written.
  static constexpr Millis kFarewellMax{10'000};

  explicit MinutesWebhook(Metrics& metrics);
  /// Blocks, see kFarewellMax.
  ~MinutesWebhook();
  MinutesWebhook(const MinutesWebhook&) = delete;
  MinutesWebhook& operator=(const MinutesWebhook&) = delete;

  /// Returns at once. What cannot be delivered is logged and counted.
  void post(const std::string& url, const service::Minutes& minutes);

 private:
  void send(const std::string& url, const std::string& body, const std::string& id, int tries);

  void settle(Counter& counter);

  Counter& delivered_;
  Counter& lost_;
  std::mutex mutex_;
  std::condition_variable settled_;
  std::size_t under_way_ = 0;  // GUARDED_BY(mutex_)
  transport::HttpClient client_;
};

}  // namespace parley::server
