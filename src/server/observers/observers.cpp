// SPDX-License-Identifier: Apache-2.0
#include "server/observers/observers.h"

#include <utility>

#include "base/log.h"
#include "exec/thread_executor.h"
#include "exec/timer_thread.h"
#include "server/observers/file_observer.h"
#include "server/observers/webhook_observer.h"
#include "transport/client/webhook.h"

namespace parley::server {
namespace {

constexpr Millis kEndTimeout{3'000};  // for the last records of an ending server
constexpr int kMegabyte = 20;         // as a shift

}  // namespace

struct Observers::Parts {
  SteadyClock clock;
  // Each part uses those above it, and goes first.
  std::unique_ptr<exec::TimerThread> timers;
  std::unique_ptr<exec::ThreadExecutor> file_thread;
  std::unique_ptr<exec::ThreadExecutor> webhook_thread;
  std::unique_ptr<transport::HttpClient> http;
  std::unique_ptr<FileObserver> file;
  std::unique_ptr<WebhookObserver> webhook;
};

Observers::Observers(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Observers::~Observers() {
  if (parts_->webhook && !parts_->webhook->wait_until_idle(kEndTimeout)) {
    log::warn("the observers' webhook did not take the last records");
  }
}

Result<std::unique_ptr<Observers>> Observers::make(const Config& config, Metrics& metrics) {
  const Config::Observers& wanted = config.observers;
  if (wanted.file.empty() && wanted.webhook.empty()) return std::unique_ptr<Observers>();
  auto parts = std::make_unique<Parts>();
  if (!wanted.file.empty()) {
    parts->file_thread = std::make_unique<exec::ThreadExecutor>("parley-file");
    FileObserverOptions options{.path = wanted.file, .files_max = wanted.files};
    options.file_bytes_max = static_cast<std::size_t>(wanted.file_mb) << kMegabyte;
    parts->file = std::make_unique<FileObserver>(std::move(options), *parts->file_thread, metrics);
  }
  if (!wanted.webhook.empty()) {
    Result<transport::HttpUrl> url = transport::parse_http_url(wanted.webhook);
    if (!url) return url.error().with_context("observers.webhook");
    Result<std::string> key = transport::webhook_key(wanted.webhook_secret);
    if (!key) return key.error().with_context("observers.webhook_secret");
    parts->timers = std::make_unique<exec::TimerThread>(parts->clock);
    parts->webhook_thread = std::make_unique<exec::ThreadExecutor>("parley-webhook");
    parts->http = std::make_unique<transport::HttpClient>(transport::HttpClientOptions{});
    const auto post = [http = parts->http.get()](transport::HttpPost one,
                                                 transport::HttpPostDone done) {
      transport::http_post(*http, std::move(one), std::move(done));
    };
    parts->webhook = std::make_unique<WebhookObserver>(
        WebhookObserverOptions{.url = std::move(*url), .key = std::move(*key)}, post,
        WebhookObserver::Surroundings{*parts->webhook_thread, *parts->timers, parts->clock,
                                      metrics});
  }
  return std::unique_ptr<Observers>(new Observers(std::move(parts)));
}

void Observers::observe(std::shared_ptr<const service::SessionRecord> record) noexcept {
  if (parts_->file) parts_->file->observe(record);
  if (parts_->webhook) parts_->webhook->observe(std::move(record));
}

}  // namespace parley::server
