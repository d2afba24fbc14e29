// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/minutes_webhook.h"

#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "protocol/json_writer.h"
#include "transport/client/http_post.h"
#include "transport/client/webhook.h"

namespace parley::server {

std::string minutes_json(const service::Minutes& minutes) {
  std::string text;
  protocol::JsonWriter json(text);
  json.begin_object();
  json.field("type", "minutes");
  json.field("job", minutes.job);
  json.field("room", minutes.room);
  json.field("minutes", minutes.text);
  json.key("lines").begin_array();
  for (const service::Minutes::Line& line : minutes.lines) {
    json.begin_object();
    json.field("speaker", line.speaker);
    json.field("text", line.text);
    json.field("at_ms", line.at_ms);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return text;
}

MinutesWebhook::MinutesWebhook(Metrics& metrics)
    : delivered_(metrics.counter("parley_room_minutes_total", "Minutes of rooms, delivered")),
      lost_(metrics.counter("parley_room_minutes_lost_total", "Minutes of rooms that nobody took")),
      client_({}) {}

MinutesWebhook::~MinutesWebhook() {
  std::unique_lock lock(mutex_);
  if (settled_.wait_for(lock, kFarewellMax, [this] { return under_way_ == 0; })) return;
  lost_.add(under_way_);
  log::warn("minutes were not taken in time", {{"count", under_way_}});
}

void MinutesWebhook::post(const std::string& url, const service::Minutes& minutes) {
  {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }
  send(url, minutes_json(minutes), Random(entropy_seed()).id("minutes_"), kTries);
}

void MinutesWebhook::send(const std::string& url, const std::string& body, const std::string& id,
                          int tries) {
  Result<transport::HttpUrl> to = transport::parse_http_url(url);
  if (!to) {
    log::warn("minutes cannot be delivered", {{"url", url}, {"why", to.error().message}});
    return settle(lost_);
  }
  transport::HttpPost post{.url = std::move(*to), .body = body};
  post.headers.emplace_back("Content-Type", "application/json");
  transport::add_webhook_headers(post.headers, {}, id, SteadyClock().unix_seconds(), body);
  transport::http_post(client_, std::move(post),
                       [this, url, body, id, tries](const Result<transport::HttpAnswer>& answer) {
                         if (answer && answer->status >= 200 && answer->status < 300) {
                           return settle(delivered_);
                         }
                         if (tries > 1) return send(url, body, id, tries - 1);
                         log::warn("minutes were not taken",
                                   {{"url", url},
                                    {"why", answer ? "status " + std::to_string(answer->status)
                                                   : answer.error().message}});
                         settle(lost_);
                       });
}

void MinutesWebhook::settle(Counter& counter) {
  counter.add();
  const std::lock_guard lock(mutex_);
  --under_way_;
  settled_.notify_all();
}

}  // namespace parley::server
