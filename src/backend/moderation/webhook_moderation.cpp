// SPDX-License-Identifier: Apache-2.0
#include "backend/moderation/webhook_moderation.h"

#include <utility>

#include <boost/json.hpp>

#include "backend/moderation/verdict.h"
#include "base/random.h"
#include "transport/client/webhook.h"

namespace parley::backend {
namespace {

std::string question(const model::ModerationCall& call) {
  const bool is_input = call.source == model::ModerationCall::Source::input;
  return boost::json::serialize(
      boost::json::object{{"input", call.text}, {"source", is_input ? "input" : "output"}});
}

void take(model::ModerationCall& call, const Result<transport::HttpAnswer>& answer) {
  if (!answer) {
    call.status = answer.error();
  } else if (answer->status != 200) {
    call.status =
        Error{ErrorCode::unavailable, "moderation: status " + std::to_string(answer->status)};
  } else if (const Result<bool> refused = parse_verdict(answer->body)) {
    call.refused = *refused;
    call.status = {};
  } else {
    call.status = refused.error();
  }
}

}  // namespace

WebhookModeration::WebhookModeration(WebhookModerationOptions options,
                                     std::unique_ptr<WordList> words, transport::Poster post,
                                     const Clock& clock, Metrics& metrics)
    : options_(std::move(options)),
      words_(std::move(words)),
      post_(std::move(post)),
      clock_(clock),
      refused_(metrics.counter("parley_moderation_refused_total",
                               "Texts that were not checked because too many waited")),
      id_(Random(entropy_seed()).id("check_")) {}

bool WebhookModeration::submit(std::shared_ptr<model::ModerationCall> call) {
  if (words_ && words_->is_in(call->text)) return words_->submit(std::move(call));
  if (waiting_->fetch_add(1) >= kChecksWaitingMax) {
    waiting_->fetch_sub(1);
    refused_.add();
    return false;
  }
  transport::HttpPost post{
      .url = options_.url, .body = question(*call), .timeout = options_.answer_timeout};
  post.headers = {{"Content-Type", "application/json"}};
  const std::string id = id_ + "_" + std::to_string(asked_.fetch_add(1) + 1);
  transport::add_webhook_headers(post.headers, options_.key, id, clock_.unix_seconds(), post.body);
  post_(std::move(post),
        [call = std::move(call), waiting = waiting_](const Result<transport::HttpAnswer>& answer) {
          waiting->fetch_sub(1);
          take(*call, answer);
          call->finish();
        });
  return true;
}

}  // namespace parley::backend
