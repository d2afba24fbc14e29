// SPDX-License-Identifier: Apache-2.0
//
// The real model for tests, on a thread of its own.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "backend/llama/llama_host.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "exec/thread_executor.h"
#include "exec/timer_thread.h"
#include "tests/backend/listener.h"

namespace parley::backend {

inline std::string smollm2_path() {
  const char* cache = std::getenv("PARLEY_CACHE");
  const char* home = std::getenv("HOME");
  const std::string root = cache != nullptr && *cache != '\0'
                               ? std::string(cache)
                               : std::string(home == nullptr ? "" : home) + "/.cache/parley";
  return root + "/models/smollm2-135m-instruct/model.gguf";
}

/// Tests of the real model derive from this; they skip, and say so, where it was not fetched.
class SmolLm2 : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(smollm2_path())) {
      GTEST_SKIP() << smollm2_path() << " is missing: run tools/deps";
    }
    start({});
  }

  void start(LlamaOptions options) {
    host.reset();
    options.model_path = smollm2_path();
    auto opened = LlamaHost::open(std::move(options), thread, timers, clock, metrics);
    ASSERT_TRUE(opened) << opened.error().message;
    host = std::move(*opened);
  }

  void submit(const std::shared_ptr<model::LlmCall>& call) {
    call->begin(listener.waker(), Instant::never());
    ASSERT_TRUE(host->submit(call));
  }

  Outcome finish(model::LlmCall& call) { return listener.finish(call); }

  Outcome run(const std::shared_ptr<model::LlmCall>& call) {
    submit(call);
    return finish(*call);
  }

  SteadyClock clock;
  Metrics metrics;
  exec::TimerThread timers{clock};
  exec::ThreadExecutor session_thread{"test-session"};
  exec::ThreadExecutor thread{"test-llm"};
  Listener listener{session_thread};
  std::unique_ptr<LlamaHost> host;
};

}  // namespace parley::backend
