// SPDX-License-Identifier: Apache-2.0
//
// Asks an HTTP service about each text:
//
//   POST {"input":"what was said","source":"input"}     source "output": a clause of a reply
//   200  {"refused":false}                              and other forms, see verdict.h
//
// Signed as transport/client/webhook.h says. A word list before it decides what it knows by itself.
// How long a verdict may take is the caller's business: it cancels, and hears no more. Threads:
// any.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "backend/moderation/word_list.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "model/moderation_host.h"
#include "transport/client/http_post.h"

namespace parley::backend {

/// Questions without an answer, of all sessions; further ones are refused (counted).
inline constexpr std::size_t kChecksWaitingMax = 1024;

struct WebhookModerationOptions {
  transport::HttpUrl url = {};
  std::string key = {};           // as transport::webhook_key gives it; empty: unsigned
  Millis answer_timeout{10'000};  // of one question; the caller may lose patience sooner
};

class WebhookModeration final : public model::ModerationHost {
 public:
  /// `words` may be null. `clock` and `metrics` outlive it, and `post` whatever it needs.
  WebhookModeration(WebhookModerationOptions options, std::unique_ptr<WordList> words,
                    transport::Poster post, const Clock& clock, Metrics& metrics);
  bool submit(std::shared_ptr<model::ModerationCall> call) override;

 private:
  const WebhookModerationOptions options_;
  const std::unique_ptr<WordList> words_;
  const transport::Poster post_;
  const Clock& clock_;
  Counter& refused_;
  const std::string id_;  // of the first question, before its number
  std::atomic<std::uint64_t> asked_{0};
  // Shared with questions, which may be answered after it is gone.
  const std::shared_ptr<std::atomic<std::size_t>> waiting_ =
      std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace parley::backend
