// SPDX-License-Identifier: Apache-2.0
//
// Model hosts that refuse, fail or keep their callers waiting when a test says so, around hosts
// that work.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/asr_model.h"
#include "model/llm_model.h"
#include "model/tts_model.h"
#include "model/vad_model.h"

namespace parley::test {

enum class Mood : std::uint8_t {
  fine,
  refuses,  // as with a full queue
  fails,    // takes the call and gives an error back
  holds,    // takes the call and does nothing until `release`
};

template <typename Host, typename CallType>
class UnrulyHost : public Host {
 public:
  explicit UnrulyHost(Host& inner) : inner_(inner) {}

  /// Held calls go on their way; what the host refuses then fails.
  void release() {
    for (std::shared_ptr<CallType>& call : std::exchange(held_, {})) {
      if (!inner_.submit(call)) fail(*call);
    }
  }
  [[nodiscard]] std::size_t held() const { return held_.size(); }

  Mood mood = Mood::fine;
  std::size_t submitted = 0;
  std::size_t fails_once = 0;  // the call of this number fails, counted from 1

 protected:
  bool take(std::shared_ptr<CallType> call) {
    if (++submitted == fails_once) {
      fail(*call);
      return true;
    }
    switch (mood) {
      case Mood::fine:
        return inner_.submit(std::move(call));
      case Mood::refuses:
        return false;
      case Mood::fails:
        fail(*call);
        return true;
      case Mood::holds:
        held_.push_back(std::move(call));
        return true;
    }
    return false;
  }
  static void fail(CallType& call) {
    call.status = Error{ErrorCode::unavailable, "out of order"};
    call.finish();
  }

  Host& inner_;

 private:
  std::vector<std::shared_ptr<CallType>> held_;  // shared with the session, which may end first
};

class UnrulyVad final : public UnrulyHost<model::VadHost, model::VadCall> {
 public:
  using UnrulyHost::UnrulyHost;
  bool submit(std::shared_ptr<model::VadCall> call) noexcept override {
    return take(std::move(call));
  }
};

class UnrulyAsr final : public UnrulyHost<model::AsrHost, model::AsrCall> {
 public:
  using UnrulyHost::UnrulyHost;
  bool submit(std::shared_ptr<model::AsrCall> call) noexcept override {
    return take(std::move(call));
  }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return inner_.samples_max(); }
};

class UnrulyTts final : public UnrulyHost<model::TtsHost, model::TtsCall> {
 public:
  using UnrulyHost::UnrulyHost;
  bool submit(std::shared_ptr<model::TtsCall> call) noexcept override {
    return take(std::move(call));
  }
  [[nodiscard]] int rate() const noexcept override { return inner_.rate(); }
  [[nodiscard]] Nanos backlog() const noexcept override { return inner_.backlog(); }
};

/// Also says things in an order of the test's choice: `script`, when it is not empty, is what the
/// next generation gives, all at once.
class UnrulyLlm final : public UnrulyHost<model::LlmHost, model::LlmCall> {
 public:
  using UnrulyHost::UnrulyHost;
  bool submit(std::shared_ptr<model::LlmCall> call) override {
    prompts.push_back(call->prompt);
    if (script.empty() || mood != Mood::fine) return take(std::move(call));
    ++submitted;
    for (model::LlmDelta& delta : std::exchange(script, {})) {
      static_cast<void>(call->deltas.try_push(std::move(delta)));
    }
    call->finish_reason = script_finish;
    call->status = script_status;
    call->finish();
    return true;
  }
  void prepare(model::LlmPrompt prompt) override { inner_.prepare(std::move(prompt)); }
  void forget(std::uint64_t session) noexcept override { inner_.forget(session); }
  [[nodiscard]] std::string name() const override { return inner_.name(); }

  std::vector<model::LlmDelta> script;
  model::LlmCall::Finish script_finish = model::LlmCall::Finish::stop;
  Status script_status;
  std::vector<model::LlmPrompt> prompts;
};

}  // namespace parley::test
