// SPDX-License-Identifier: Apache-2.0
//
// Posts records in batches: {"records":[…]}, as record_json.h says. One batch at a time, in order;
// a batch that fails is sent again, under the same id, until it has failed too often. Signed as
// transport/client/webhook.h says.
//
// Again are sent: what got no answer in time, 408, 429 and 5xx. Other answers are final: 2xx is
// delivered, the rest is lost and counted.
//
// Threads: `observe` any; the rest the executor's.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "exec/strand.h"
#include "exec/timer.h"
#include "server/observers/record_queue.h"
#include "transport/client/http_post.h"

namespace parley::server {

struct WebhookObserverOptions {
  transport::HttpUrl url = {};
  std::string key = {};           // as transport::webhook_key gives it; empty: unsigned
  std::size_t batch_max = 100;    // records in one request
  Millis linger{200};             // how long the first record of a batch waits for others
  Millis answer_timeout{10'000};  // of one request
  int tries_max = 6;              // of one batch; then it is lost
  Millis back_off{500};           // after the first failure; doubles with each
  Millis back_off_max{30'000};    // at most so long between two tries
};

class WebhookObserver final : public service::SessionObserver, private exec::StrandBody {
 public:
  /// All outlive it.
  struct Surroundings {
    exec::Executor& executor;
    exec::TimerService& timers;
    const Clock& clock;
    Metrics& metrics;
  };
  WebhookObserver(WebhookObserverOptions options, transport::Poster post,
                  const Surroundings& around);
  /// What was not delivered is lost, and counted.
  ~WebhookObserver() override;
  WebhookObserver(const WebhookObserver&) = delete;
  WebhookObserver& operator=(const WebhookObserver&) = delete;

  void observe(RecordPtr record) noexcept override;
  /// Nothing waits and nothing is under way, a moment ago. Threads: any.
  [[nodiscard]] bool is_idle() const;
  /// False when something still waits after `limit`. Blocks the caller. Threads: any.
  [[nodiscard]] bool wait_until_idle(Millis limit);

 private:
  /// What came back; shared with the request, which may end after the observer.
  struct Inbox {
    std::mutex mutex;
    std::optional<Result<transport::HttpAnswer>> answer;  // GUARDED_BY(mutex)
  };

  bool run_slice() noexcept override;
  void step();
  [[nodiscard]] bool gather();
  void send();
  void take_answer(const Result<transport::HttpAnswer>& answer);
  void wake_at(Instant at);

  const WebhookObserverOptions options_;
  const transport::Poster post_;
  const Surroundings around_;
  Counter& delivered_;
  Counter& lost_;
  Counter& lost_at_end_;
  Counter& retries_;
  std::shared_ptr<exec::Strand> strand_;  // shared with its wakers
  RecordQueue queue_;
  std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();

  std::string body_;                   // of the batch that is gathered or under way; empty: none
  std::atomic<std::size_t> batch_{0};  // records in it
  std::string batch_id_;
  std::uint64_t batches_ = 0;
  Instant due_;             // when the batch goes out
  bool is_closed_ = false;  // the batch takes no more records
  bool is_under_way_ = false;
  int tries_ = 0;
  exec::TimerService::Id timer_ = 0;
  std::mutex idle_mutex_;  // held for a look
  std::condition_variable became_idle_;
};

}  // namespace parley::server
