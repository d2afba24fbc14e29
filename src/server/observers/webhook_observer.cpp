// SPDX-License-Identifier: Apache-2.0
#include "server/observers/webhook_observer.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "server/observers/record_json.h"
#include "transport/client/webhook.h"

namespace parley::server {
namespace {

constexpr std::string_view kHead = "{\"records\":[";
constexpr std::string_view kTail = "]}";

bool is_delivered(const Result<transport::HttpAnswer>& answer) {
  return answer && answer->status >= 200 && answer->status < 300;
}

bool is_worth_another_try(const Result<transport::HttpAnswer>& answer) {
  return !answer || answer->status >= 500 || answer->status == 429 || answer->status == 408;
}

}  // namespace

WebhookObserver::WebhookObserver(WebhookObserverOptions options, transport::Poster post,
                                 const Surroundings& around)
    : options_(std::move(options)),
      post_(std::move(post)),
      around_(around),
      delivered_(records_kept(around.metrics, "webhook")),
      lost_(records_lost(around.metrics, "webhook", "webhook")),
      lost_at_end_(records_lost(around.metrics, "webhook", "end")),
      retries_(around.metrics.counter("parley_observer_retries_total",
                                      "Batches of records that were sent again")),
      strand_(exec::Strand::make(around.executor, *this)),
      queue_({.capacity = kRecordsWaitingMax,
              .refused_metric = &records_lost(around.metrics, "webhook", "queue")},
             strand_->waker()),
      batch_id_(Random(entropy_seed()).id("batch_")) {}

WebhookObserver::~WebhookObserver() {
  strand_->close();
  around_.timers.cancel(timer_);
  lost_at_end_.add(queue_.size() + batch_);
}

void WebhookObserver::observe(RecordPtr record) noexcept { queue_.push(std::move(record)); }

bool WebhookObserver::is_idle() const { return queue_.size() == 0 && batch_ == 0; }

bool WebhookObserver::wait_until_idle(Millis limit) {
  std::unique_lock lock(idle_mutex_);
  return became_idle_.wait_for(lock, limit, [this] { return is_idle(); });
}

bool WebhookObserver::run_slice() noexcept {
  step();
  if (is_idle()) {
    const std::lock_guard lock(idle_mutex_);
    became_idle_.notify_all();
  }
  return false;
}

void WebhookObserver::step() {
  if (is_under_way_) {
    std::optional<Result<transport::HttpAnswer>> answer;
    {
      const std::lock_guard lock(inbox_->mutex);
      answer.swap(inbox_->answer);
    }
    if (!answer) return;
    is_under_way_ = false;
    take_answer(*answer);
  }
  if (gather() && around_.clock.now() >= due_) send();
}

/// True: there is a batch.
bool WebhookObserver::gather() {
  while (!is_closed_) {
    const std::optional<RecordPtr> record = queue_.pop();
    if (!record) break;
    if (batch_ == 0) {
      body_ = kHead;
      due_ = around_.clock.now() + options_.linger;
      wake_at(due_);
    } else {
      body_ += ',';
    }
    body_ += to_json(**record);
    if (++batch_ >= options_.batch_max) {
      is_closed_ = true;
      due_ = around_.clock.now();
    }
  }
  return batch_ > 0;
}

void WebhookObserver::send() {
  if (tries_++ == 0) {
    is_closed_ = true;
    body_ += kTail;
    ++batches_;
  }
  is_under_way_ = true;
  transport::HttpPost post{.url = options_.url, .body = body_, .timeout = options_.answer_timeout};
  post.headers = {{"Content-Type", "application/json"}};
  transport::add_webhook_headers(post.headers, options_.key,
                                 batch_id_ + "_" + std::to_string(batches_),
                                 around_.clock.unix_seconds(), body_);
  post_(std::move(post),
        [inbox = inbox_, waker = strand_->waker()](Result<transport::HttpAnswer> answer) {
          {
            const std::lock_guard lock(inbox->mutex);
            inbox->answer.emplace(std::move(answer));
          }
          waker.wake();
        });
}

void WebhookObserver::take_answer(const Result<transport::HttpAnswer>& answer) {
  if (!is_delivered(answer) && is_worth_another_try(answer) && tries_ < options_.tries_max) {
    retries_.add();
    const Millis wait = options_.back_off * (1LL << std::min(tries_ - 1, 20));
    due_ = around_.clock.now() + std::min(wait, options_.back_off_max);
    wake_at(due_);
    return;
  }
  if (is_delivered(answer)) {
    delivered_.add(batch_);
  } else {
    lost_.add(batch_);
    log::warn(
        "a webhook did not take a batch of records",
        {{"records", batch_.load()},
         {"reason", answer ? "status " + std::to_string(answer->status) : answer.error().message}});
  }
  batch_ = 0;
  tries_ = 0;
  is_closed_ = false;
}

void WebhookObserver::wake_at(Instant at) {
  around_.timers.cancel(timer_);
  timer_ = around_.timers.schedule(at, strand_->waker());
}

}  // namespace parley::server
