// SPDX-License-Identifier: Apache-2.0
//
// A language model that reads from a script, or repeats what the user said last, word by word and
// in the time it is told to take. It runs on a strand of the executor it is given; with a
// ManualRuntime a whole conversation is one thread and virtual time.
//
// Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "exec/strand.h"
#include "exec/timer.h"
#include "model/llm_model.h"

namespace parley::model {

struct FakeToolCall {
  std::string tool{};
  std::string arguments = "{}";  // JSON object as text
};

/// One answer of the script: text, or function calls when `tool` is not empty.
struct FakeReply {
  std::string text{};
  std::string tool{};
  std::string arguments = "{}";            // JSON object as text
  std::vector<FakeToolCall> more_calls{};  // in the same reply
};

struct FakeLlmOptions {
  std::vector<FakeReply>
      replies{};  // over all sessions, then from the start; none: repeats what it was told last
  std::string tool_arguments = "{}";  // of a call that `tool_choice` demands and no reply makes
  Nanos first_token_delay{0};
  Nanos token_delay{0};
  std::int32_t cached_tokens = 0;    // of each prompt, as if a cache held them
  std::size_t generations_max = 64;  // at once; further ones are refused and counted
  std::string name = "fake";
  bool is_demonstration = false;
};

class FakeLlm final : public LlmHost, private CancelHook, private exec::StrandBody {
 public:
  FakeLlm(FakeLlmOptions options, exec::Executor& executor, exec::TimerService& timers,
          const Clock& clock);
  /// Generations that run are done with ErrorCode::unavailable.
  ~FakeLlm() override;
  FakeLlm(const FakeLlm&) = delete;
  FakeLlm& operator=(const FakeLlm&) = delete;

  bool submit(std::shared_ptr<LlmCall> call) override;
  void prepare(LlmPrompt prompt) override;
  void forget(std::uint64_t session) noexcept override;
  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] bool is_demonstration() const noexcept override {
    return options_.is_demonstration;
  }

  /// What tests ask about: counts, and the last prompt that was submitted.
  struct Seen {
    std::uint64_t submitted = 0;
    std::uint64_t refused = 0;
    std::uint64_t prepared = 0;
    std::uint64_t forgotten = 0;
    LlmPrompt last_prompt;
  };
  [[nodiscard]] Seen seen() const;

 private:
  struct Generation {
    std::shared_ptr<LlmCall> call{};  // shared with the session, which may end first
    std::vector<LlmDelta> deltas{};
    std::size_t next = 0;
    Instant next_at{};
    bool is_tool = false;
  };

  bool run_slice() noexcept override;
  void on_cancel(Call& call) noexcept override;
  bool enqueue(const std::shared_ptr<LlmCall>& call);
  Generation start(std::shared_ptr<LlmCall> call);
  bool step(Generation& generation, Instant now);
  void finish(Generation& generation, Status status) noexcept;
  void arm(Instant at);

  const FakeLlmOptions options_;
  exec::TimerService& timers_;
  const Clock& clock_;
  mutable std::mutex mutex_;                     // held for a few moves only
  std::vector<std::shared_ptr<LlmCall>> inbox_;  // GUARDED_BY(mutex_)
  std::size_t in_flight_ = 0;                    // GUARDED_BY(mutex_)
  Seen seen_;                                    // GUARDED_BY(mutex_)
  std::vector<Generation> generations_;          // strand
  std::size_t replies_given_ = 0;                // strand
  exec::TimerService::Id timer_ = 0;             // strand
  std::shared_ptr<exec::Strand> strand_;         // shared: executors and timers hold it too
};

}  // namespace parley::model
