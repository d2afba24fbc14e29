// SPDX-License-Identifier: Apache-2.0
//
// A language model in this process, by llama.cpp.
//
// The host is a strand on an executor of its own (a ThreadExecutor in a server); everything that
// llama.cpp does happens there. Calls, announcements and cancels come in through an inbox.
//
//   auto host = LlamaHost::open({.model_path = path}, thread, timers, clock, metrics);
//   if (!host) … host.error() says which file and why …
//
// Threads: any; construction and destruction one owner, who keeps executor, timers, clock and
// metrics alive longer than the host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "exec/runnable.h"
#include "exec/timer.h"
#include "model/llm_model.h"

namespace parley::backend {

struct LlamaOptions {
  std::string model_path{};                // a GGUF file
  std::string name{};                      // as shown to people; empty: what the file says
  bool is_demonstration = false;           // too small to be talked with in earnest
  std::uint32_t pool_cells = 8192;         // tokens of all sessions together in the cache
  std::uint32_t sequences = 32;            // sessions that keep a cache; replies at once
  std::int32_t context_tokens_max = 2048;  // of one session: prompt and reply
  std::int32_t output_tokens_max = 256;    // of a reply that sets no limit itself
  std::uint32_t prefill_tokens_per_step = 32;
  std::size_t waiting_max = 64;     // replies that have not begun; more are refused
  std::int32_t threads = 1;         // see llama_context.h before you raise it
  float repetition_penalty = 1.1F;  // 1: none; not in function calls
  std::vector<std::string> stops = {"<|im_end|>", "<|im_start|>"};
};

class LlamaHost final : public model::LlmHost {
 public:
  /// Loads the model (100 ms for SmolLM2-135M). Errors as LlamaModel::load, and invalid_argument.
  [[nodiscard]] static Result<std::unique_ptr<LlamaHost>> open(LlamaOptions options,
                                                               exec::Executor& executor,
                                                               exec::TimerService& timers,
                                                               const Clock& clock,
                                                               Metrics& metrics);
  /// Stops within about 15 ms; calls that are not done become done with ErrorCode::unavailable.
  ~LlamaHost() override;
  LlamaHost(const LlamaHost&) = delete;
  LlamaHost& operator=(const LlamaHost&) = delete;

  bool submit(std::shared_ptr<model::LlmCall> call) override;
  void prepare(model::LlmPrompt prompt) override;
  void forget(std::uint64_t session) noexcept override;
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] bool is_demonstration() const noexcept override;

 private:
  class Worker;
  explicit LlamaHost(std::unique_ptr<Worker> worker);
  std::unique_ptr<Worker> worker_;
};

}  // namespace parley::backend
