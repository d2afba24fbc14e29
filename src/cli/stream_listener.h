// SPDX-License-Identifier: Apache-2.0
//
// The engine's side of one stream of `parley bench streams`: the listening half of a session
// (agent/voice_pipeline.h) on a strand of the pool, behind a mailbox, as a session of the server
// has it. Recognition is not part of what is measured: its host answers at once that nothing was
// said.
//
// A frame is processed when every window that its samples completed has gone through the detector
// and the turn logic. Its delay counts from the moment at which it was due.
//
// Threads: `open` and destruction main; `push` the source; the rest strand.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "agent/agent_settings.h"
#include "agent/voice_pipeline.h"
#include "base/result.h"
#include "cli/delay_histogram.h"
#include "exec/mailbox.h"
#include "exec/strand.h"
#include "graph/frame_queue.h"
#include "graph/tap.h"
#include "operators/turn/input_buffer.h"

namespace parley::cli {

/// Half a second of frames; a longer queue could only hide that the engine cannot keep up.
inline constexpr std::size_t kStreamMailboxFrames = 25;

/// Frames between the mailbox and the turn logic: more than the ports in between hold.
inline constexpr std::size_t kStreamPendingMax = 1024;

/// Says at once that nothing was said.
class NoRecognition final : public model::AsrHost {
 public:
  bool submit(std::shared_ptr<model::AsrCall> call) noexcept override;
  [[nodiscard]] std::size_t samples_max() const noexcept override;
};

/// What all streams of one run count together.
struct StreamCounts {
  enum Stage : std::size_t { decode, resample, detect, stages };

  /// Frames that were due before do not count: the streams are warming up. Never: none counts.
  std::atomic<std::int64_t> measure_from{Instant::never().since_zero.count()};
  [[nodiscard]] bool measures(Instant due) const noexcept {
    return due.since_zero.count() >= measure_from.load(std::memory_order_relaxed);
  }
  DelayHistogram delays;
  std::atomic<std::uint64_t> windows{0};
  std::atomic<std::uint64_t> turns{0};
  std::atomic<std::uint64_t> slices{0};
  std::atomic<std::uint64_t> errors{0};
  // Of the streams with a StageTap: how long one frame takes in each stage.
  struct StageTime {
    std::atomic<std::int64_t> nanos{0};
    std::atomic<std::uint64_t> frames{0};
  };
  std::array<StageTime, stages> stage_times{};
};

class StreamListener final : public exec::StrandBody {
 public:
  static Result<std::unique_ptr<StreamListener>> open(const agent::ListeningContext& context,
                                                      exec::Executor& executor,
                                                      const agent::AgentSettings& settings,
                                                      StreamCounts& counts, bool times_stages);
  ~StreamListener() override;

  /// One frame of 16-bit samples at kBenchRate that was due at `due`. False: the oldest that waited
  /// was dropped for it.
  bool push(media::BufferRef bytes, Instant due);
  bool run_slice() noexcept override;

 private:
  struct Arrival {
    media::BufferRef bytes;
    Instant due;
  };
  struct Pending {
    Instant due;
    std::uint64_t windows = 0;  // heard when the frame is processed
  };
  class StageTap;

  StreamListener(const agent::ListeningContext& context, exec::Executor& executor,
                 const agent::AgentSettings& settings, StreamCounts& counts);
  void take(Arrival arrival);
  void drain();

  agent::ListeningContext context_;
  const agent::AgentSettings settings_;
  StreamCounts& counts_;
  operators::InputBuffer input_;
  const std::shared_ptr<exec::Strand> strand_;
  exec::Mailbox<Arrival> mailbox_;
  std::unique_ptr<StageTap> tap_;  // null for most
  agent::ListeningPipeline listening_;
  graph::Inlet<media::EncodedAudio>* inlet_ = nullptr;
  graph::Outlet<media::SpeechEvent>* windows_ = nullptr;
  graph::Outlet<media::TurnEvent>* turns_ = nullptr;
  graph::Outlet<media::Transcript>* transcripts_ = nullptr;

  std::size_t latency_ = 0;  // of the resampler, input samples
  std::uint64_t samples_ = 0;
  std::uint64_t windows_heard_ = 0;
  graph::FrameQueue<Pending> pending_{kStreamPendingMax};
};

}  // namespace parley::cli
