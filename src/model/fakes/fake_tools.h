// SPDX-License-Identifier: Apache-2.0
//
// Functions with outputs from a script, each in the time it is told to take. Threads: any.
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
#include "model/tool_host.h"

namespace parley::model {

struct FakeTool {
  std::string name{};
  std::string output{};  // empty: the arguments
  Nanos delay{0};
  Status status{};
  std::vector<ToolAlarm> alarms{};
  bool stops_alarms = false;
};

class FakeTools final : public ToolHost, private CancelHook, private exec::StrandBody {
 public:
  FakeTools(std::vector<FakeTool> tools, exec::Executor& executor, exec::TimerService& timers,
            const Clock& clock, std::size_t calls_max = 64);
  /// Calls that run are done with ErrorCode::unavailable.
  ~FakeTools() override;

  [[nodiscard]] std::span<const LlmTool> tools() const noexcept override { return described_; }
  bool submit(std::shared_ptr<ToolCall> call) override;
  void forget(std::uint64_t session) noexcept override;

  struct Seen {
    std::size_t submitted = 0;
    std::size_t finished = 0;
    std::size_t cancelled = 0;
    std::size_t forgotten = 0;
  };
  [[nodiscard]] Seen seen() const;

 private:
  struct Running {
    std::shared_ptr<ToolCall> call;  // shared with the session, which may end first
    Instant due;
  };
  bool run_slice() noexcept override;
  void on_cancel(Call& call) noexcept override;
  void finish(Running& one, Status status) noexcept;

  const std::vector<FakeTool> script_;
  const std::size_t calls_max_;
  std::vector<LlmTool> described_;
  exec::TimerService& timers_;
  const Clock& clock_;
  mutable std::mutex mutex_;              // held for a few moves only
  std::vector<Running> running_;          // GUARDED_BY(mutex_)
  Seen seen_;                             // GUARDED_BY(mutex_)
  exec::TimerService::Id timer_ = 0;      // strand
  std::shared_ptr<exec::Strand> strand_;  // shared: executors and timers hold it too
};

}  // namespace parley::model
