// SPDX-License-Identifier: Apache-2.0
//
// The real model for tests, on a thread of its own, and a way to wait for calls without sleeping.
#pragma once

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "backend/llama/llama_host.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "exec/strand.h"
#include "exec/thread_executor.h"
#include "exec/timer_thread.h"

namespace parley::backend {

inline std::string smollm2_path() {
  const char* cache = std::getenv("PARLEY_CACHE");
  const char* home = std::getenv("HOME");
  const std::string root = cache != nullptr && *cache != '\0'
                               ? std::string(cache)
                               : std::string(home == nullptr ? "" : home) + "/.cache/parley";
  return root + "/models/smollm2-135m-instruct/model.gguf";
}

/// A session's side of calls: empties rings, and knows when a condition holds.
class Listener final : public exec::StrandBody {
 public:
  explicit Listener(exec::Executor& executor) : strand_(exec::Strand::make(executor, *this)) {}
  ~Listener() override { strand_->close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] exec::Waker waker() { return strand_->waker(); }

  /// Waits until `holds()`, which is asked after each wake.
  void wait(const std::function<bool()>& holds) {
    std::unique_lock lock(mutex_);
    woken_.wait(lock, holds);
  }

  bool run_slice() noexcept override {
    const std::lock_guard lock(mutex_);
    woken_.notify_all();
    return false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable woken_;
  std::shared_ptr<exec::Strand> strand_;
};

struct Outcome {
  std::string text;
  std::string tool_name;
  std::string tool_arguments;
};

inline void take_deltas(model::LlmCall& call, Outcome& outcome) {
  while (std::optional<model::LlmDelta> delta = call.deltas.try_pop()) {
    switch (delta->kind) {
      case model::LlmDelta::Kind::text:
        outcome.text += delta->text;
        break;
      case model::LlmDelta::Kind::tool_name:
        outcome.tool_name += delta->text;
        break;
      case model::LlmDelta::Kind::tool_arguments:
        outcome.tool_arguments += delta->text;
        break;
    }
  }
}

inline model::LlmMessage message(model::LlmMessage::Role role, std::string text) {
  model::LlmMessage made;
  made.role = role;
  made.text = std::move(text);
  return made;
}

inline std::shared_ptr<model::LlmCall> make_call(std::uint64_t session, const std::string& system,
                                                 const std::string& user) {
  auto call = std::make_shared<model::LlmCall>();
  call->prompt.session = session;
  call->prompt.messages = {message(model::LlmMessage::Role::system, system),
                           message(model::LlmMessage::Role::user, user)};
  call->output_tokens_max = 24;
  return call;
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

  Outcome finish(model::LlmCall& call) {
    Outcome outcome;
    listener.wait([&] {
      take_deltas(call, outcome);
      return call.done();
    });
    take_deltas(call, outcome);
    return outcome;
  }

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
