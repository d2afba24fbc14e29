// SPDX-License-Identifier: Apache-2.0
//
// A conversation on this machine: one voice agent on one strand, fed with samples instead of
// events. Where the samples come from and go to is a TalkAudio: a sound card or two files.
//
// Threads: construction, `wait` and destruction one owner; the rest as said there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "agent/voice_agent.h"
#include "base/result.h"
#include "exec/parker.h"
#include "exec/strand.h"
#include "exec/timer.h"
#include "graph/tap.h"

namespace parley::cli {

inline constexpr int kTalkRate = 24'000;               // Hz, both ways
inline constexpr std::size_t kTalkFrameSamples = 480;  // 20 ms

/// Threads: the session's strand. Must not block.
class TalkAudio {
 public:
  virtual ~TalkAudio() = default;

  /// Fills the next frame of the user's audio. False: there is none now, or none any more.
  virtual bool read(std::span<std::int16_t> frame) = 0;
  /// Nothing more will ever come, and what the user said is to be answered.
  [[nodiscard]] virtual bool at_end() const = 0;
  /// When to look for the next frame; never(): it is there already or never will be.
  [[nodiscard]] virtual Instant next_frame(Instant now) const = 0;
  /// What is played from now on is a new reply.
  virtual void begin_reply() = 0;
  virtual void play(std::span<const std::int16_t> samples) = 0;
  /// The user interrupts: forget what was not played. Samples of this reply that were.
  virtual std::int64_t stop_playing() = 0;
};

/// A line for whoever watches. Threads: strand; must not block.
using TalkPrinter = std::function<void(std::string line)>;

struct TalkOptions {
  bool json = false;       // each line an object
  bool interrupts = true;  // speech stops a reply; false: it waits for its turn
  std::uint64_t seed = 1;
};

class TalkSession final : private exec::StrandBody, private graph::Tap {
 public:
  /// What is referred to outlives the session.
  static Result<std::unique_ptr<TalkSession>> start(const agent::AgentContext& context,
                                                    exec::Executor& executor,
                                                    const agent::AgentSettings& settings,
                                                    const TalkOptions& options, TalkAudio& audio,
                                                    TalkPrinter print);
  ~TalkSession() override;
  TalkSession(const TalkSession&) = delete;
  TalkSession& operator=(const TalkSession&) = delete;

  /// Until the last reply is over (TalkAudio::at_end), but not after `until`. True: it is over.
  [[nodiscard]] bool wait(Instant until) { return finished_.park_until(until); }
  /// Something did not work, as far as is known. After `wait` was true.
  [[nodiscard]] bool has_failed() const;

 private:
  class Listener;
  TalkSession(const agent::AgentContext& context, exec::Executor& executor,
              const agent::AgentSettings& settings, const TalkOptions& options, TalkAudio& audio,
              TalkPrinter print);
  bool run_slice() noexcept override;
  void on_push(const graph::TapPoint& point, const media::FrameHeader& head, std::size_t type,
               Instant now) noexcept override;
  bool feed();
  /// Audio that the detector has not judged yet.
  [[nodiscard]] media::MediaTime unheard() const { return fed_ - heard_; }
  void end_if_over(bool more);

  agent::AgentContext context_;
  agent::AgentSettings settings_;
  const TalkOptions options_;
  TalkAudio& audio_;
  std::unique_ptr<Listener> listener_;
  std::shared_ptr<exec::Strand> strand_;  // wakers share it
  std::unique_ptr<agent::VoiceAgent> agent_;
  exec::TimerService::Id timer_ = 0;
  media::MediaTime fed_;          // the user's audio so far
  media::MediaTime heard_;        // of it, judged by the detector
  std::size_t silence_left_ = 0;  // samples after the end, so that the last turn ends
  bool finished_once_ = false;
  exec::Parker finished_;
};

}  // namespace parley::cli
