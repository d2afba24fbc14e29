// SPDX-License-Identifier: Apache-2.0
//
// A session's side of language model calls in tests: a way to wait for them without sleeping.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "exec/strand.h"
#include "model/llm_model.h"

namespace parley::backend {

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

  /// Takes what a call says until it is done.
  Outcome finish(model::LlmCall& call) {
    Outcome outcome;
    wait([&] {
      take_deltas(call, outcome);
      return call.done();
    });
    take_deltas(call, outcome);
    return outcome;
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

}  // namespace parley::backend
