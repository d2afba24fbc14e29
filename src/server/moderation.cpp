// SPDX-License-Identifier: Apache-2.0
#include "server/moderation.h"

#include <utility>

#include "backend/moderation/webhook_moderation.h"
#include "backend/moderation/word_list.h"
#include "transport/client/webhook.h"

namespace parley::server {
namespace {

/// With the client that it asks through.
class OwnModeration final : public model::ModerationHost {
 public:
  OwnModeration(backend::WebhookModerationOptions options, std::unique_ptr<backend::WordList> words,
                const Clock& clock, Metrics& metrics)
      : webhook_(
            std::move(options), std::move(words),
            [this](transport::HttpPost post, transport::HttpPostDone done) {
              transport::http_post(http_, std::move(post), std::move(done));
            },
            clock, metrics) {}
  bool submit(std::shared_ptr<model::ModerationCall> call) override {
    return webhook_.submit(std::move(call));
  }

 private:
  backend::WebhookModeration webhook_;
  transport::HttpClient http_{transport::HttpClientOptions{}};  // last: what it still says is heard
};

}  // namespace

agent::ModerationSettings moderation_settings(const Config& config) {
  const std::string& what = config.moderation.check;
  return {.input = what == "input" || what == "both",
          .output = what == "output" || what == "both",
          .timeout = Millis(config.moderation.timeout_ms),
          .passes_unchecked = config.moderation.when_late == "open"};
}

Result<std::unique_ptr<model::ModerationHost>> open_moderation(const Config& config,
                                                               const Clock& clock,
                                                               Metrics& metrics) {
  const Config::Moderation& wanted = config.moderation;
  if (wanted.check == "off") return std::unique_ptr<model::ModerationHost>();
  if (wanted.words.empty() && wanted.webhook.empty()) {
    return Error{ErrorCode::invalid_argument,
                 "moderation.check = '" + wanted.check +
                     "': there is nothing to check with; set moderation.words or "
                     "moderation.webhook"};
  }
  std::unique_ptr<backend::WordList> words;
  if (!wanted.words.empty()) words = std::make_unique<backend::WordList>(wanted.words);
  if (wanted.webhook.empty()) return std::unique_ptr<model::ModerationHost>(std::move(words));
  Result<transport::HttpUrl> url = transport::parse_http_url(wanted.webhook);
  if (!url) return url.error().with_context("moderation.webhook");
  Result<std::string> key = transport::webhook_key(wanted.webhook_secret);
  if (!key) return key.error().with_context("moderation.webhook_secret");
  backend::WebhookModerationOptions options{.url = std::move(*url), .key = std::move(*key)};
  return std::unique_ptr<model::ModerationHost>(
      new OwnModeration(std::move(options), std::move(words), clock, metrics));
}

}  // namespace parley::server
