// SPDX-License-Identifier: Apache-2.0
//
// A language model behind any OpenAI-compatible chat-completions endpoint: llama-server, vLLM,
// Ollama, a hosted service. Nothing is cached here; endpoints that cache find equal beginnings by
// themselves, so `prepare` only makes a connection ready.
//
// A cancelled call closes its socket at once: the endpoint then stops computing. Failures end the
// call they happened to, with what went wrong in words, and touch no other.
//
// Threads: any; construction and destruction one owner, who keeps the metrics alive longer.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "model/llm_model.h"

namespace parley::backend {

struct RemoteLlmOptions {
  std::string url{};      // up to and without /chat/completions: "http://127.0.0.1:9000/v1"
  std::string model{};    // as the endpoint names it
  std::string api_key{};  // empty: none is sent
  std::string ca_file{};  // PEM of certificates to trust; empty: the system's
  std::string output_limit_field{"max_tokens"};
  Millis connect_timeout{5'000};
  Millis first_token_timeout{15'000};  // from the request to the first word or call
  Millis next_token_timeout{10'000};   // between two of them
  std::size_t running_max = 256;       // calls at once; more are refused
};

class RemoteLlmHost final : public model::LlmHost {
 public:
  /// Does not connect yet. Errors: invalid_argument.
  [[nodiscard]] static Result<std::unique_ptr<RemoteLlmHost>> open(RemoteLlmOptions options,
                                                                   Metrics& metrics);
  /// Calls that run become done with ErrorCode::unavailable.
  ~RemoteLlmHost() override;
  RemoteLlmHost(const RemoteLlmHost&) = delete;
  RemoteLlmHost& operator=(const RemoteLlmHost&) = delete;

  bool submit(std::shared_ptr<model::LlmCall> call) override;
  void prepare(model::LlmPrompt prompt) override;
  void forget(std::uint64_t session) noexcept override;
  [[nodiscard]] std::string name() const override;

 private:
  class Client;
  explicit RemoteLlmHost(std::unique_ptr<Client> client);
  std::unique_ptr<Client> client_;
};

}  // namespace parley::backend
