// SPDX-License-Identifier: Apache-2.0
//
// Functions behind HTTP endpoints. A call is one POST of
//
//   {"type":"function_call","call_id":…,"name":…,"arguments":{…}}
//
// signed as Standard Webhooks wants it (webhook-id, webhook-timestamp, webhook-signature: v1,… over
// "id.timestamp.body" with HMAC-SHA-256), so that the libraries for it check ours; the body of a
// 2xx answer is the output. What may pass by itself (no connection, a timeout, 408, 425, 429, 5xx)
// is tried again, with the same webhook-id and Idempotency-Key: an endpoint that has seen the key
// answers as before and does nothing twice. Redirects are refused.
//
// Threads: any; construction and destruction one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "model/tool_host.h"

namespace parley::backend {

/// Webhook calls of all sessions at one time; further ones are refused and counted.
inline constexpr std::size_t kWebhookCallsMax = 256;

struct WebhookTool {
  model::LlmTool tool;
  std::string url;
  std::string secret;       // whsec_<base64>, or plain bytes; empty: unsigned
  Millis timeout{10'000};   // of one attempt, from the request to the end of the answer
  int retries = 2;          // after the first attempt
  Millis retry_delay{250};  // before the first retry; then twice as long each time
};

struct WebhookOptions {
  bool allow_private = false;  // endpoints on this machine and on its network
  std::string ca_file{};       // PEM; empty: the system's certificates
};

class WebhookTools final : public model::ToolHost {
 public:
  /// Errors: invalid_argument. The references outlive it.
  [[nodiscard]] static Result<std::unique_ptr<WebhookTools>> open(std::vector<WebhookTool> tools,
                                                                  WebhookOptions options,
                                                                  const Clock& clock,
                                                                  Metrics& metrics);
  /// Calls that run are done with ErrorCode::unavailable.
  ~WebhookTools() override;

  [[nodiscard]] std::span<const model::LlmTool> tools() const noexcept override;
  bool submit(std::shared_ptr<model::ToolCall> call) override;
  void forget(std::uint64_t session) noexcept override;

 private:
  class Client;
  explicit WebhookTools(std::unique_ptr<Client> client);
  std::unique_ptr<Client> client_;
};

}  // namespace parley::backend
