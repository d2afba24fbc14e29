// SPDX-License-Identifier: Apache-2.0
//
// Where sessions hand in work for the shared models: VadHost, AsrHost and their like around a model
// and the threads that may run it (see host_core.h for how calls are queued, batched and
// cancelled).
//
//   exec::ThreadExecutor thread("vad");
//   VadModelHost vad(*silero, {.name = "vad", .queue_max = 1024, .batch_max = 16}, thread, clock,
//                    metrics);
//   call->begin(strand->waker(), deadline);
//   if (!vad.submit(call)) … the queue is full: the window is lost, and counted …
//
// Threads: `submit` any. The model, executors, clock and metrics must outlive the host; a model
// serves several executors at once only if it says so.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "model/asr_model.h"
#include "model/asr_queue.h"
#include "model/host_core.h"
#include "model/host_load.h"
#include "model/speaker_model.h"
#include "model/streaming_asr_model.h"
#include "model/tts_model.h"
#include "model/tts_queue.h"
#include "model/turn_model.h"
#include "model/vad_model.h"

namespace parley::model {

/// `batch_max` is lowered to the model's own. A further executor helps only when a whole batch
/// waits: one large batch costs less than two small ones.
class VadModelHost final : public VadHost {
 public:
  VadModelHost(VadModel& model, HostOptions options, std::span<exec::Executor* const> executors,
               const Clock& clock, Metrics& metrics);
  /// With one executor.
  VadModelHost(VadModel& model, HostOptions options, exec::Executor& executor, const Clock& clock,
               Metrics& metrics);
  bool submit(std::shared_ptr<VadCall> call) noexcept override;
  /// The wait is that of the window that waits longest.
  [[nodiscard]] HostLoad load() const noexcept override;

 private:
  const Clock& clock_;
  BusyShare busy_;
  HostCore<VadCall> core_;
};

/// One worker per executor, one utterance at a time each (batches of utterances gain nothing on a
/// CPU); asr_queue.h says whose.
class AsrModelHost final : public AsrHost {
 public:
  AsrModelHost(AsrModel& model, HostOptions options, std::span<exec::Executor* const> executors,
               const Clock& clock, Metrics& metrics);
  bool submit(std::shared_ptr<AsrCall> call) noexcept override;
  [[nodiscard]] std::size_t samples_max() const noexcept override { return model_.samples_max(); }
  [[nodiscard]] HostLoad load() const noexcept override { return core_.queue().load(clock_.now()); }

 private:
  AsrModel& model_;
  const Clock& clock_;
  HostCore<AsrCall, AsrQueue> core_;
};

/// `batch_max` is lowered to the model's own; further executors as with VadModelHost.
class StreamingAsrModelHost final : public StreamingAsrHost {
 public:
  StreamingAsrModelHost(StreamingAsrModel& model, HostOptions options,
                        std::span<exec::Executor* const> executors, const Clock& clock,
                        Metrics& metrics);
  bool submit(std::shared_ptr<AsrStreamCall> call) noexcept override;
  [[nodiscard]] std::string language() const override { return model_.language(); }

 private:
  StreamingAsrModel& model_;
  HostCore<AsrStreamCall> core_;
};

/// One worker per executor, one question at a time each (batches gain nothing on a CPU).
class TurnModelHost final : public TurnHost {
 public:
  TurnModelHost(TurnModel& model, HostOptions options, std::span<exec::Executor* const> executors,
                const Clock& clock, Metrics& metrics);
  bool submit(std::shared_ptr<TurnCall> call) noexcept override;

 private:
  HostCore<TurnCall> core_;
};

/// One worker per executor, one utterance at a time each: the parts of one are its batch.
class SpeakerModelHost final : public SpeakerHost {
 public:
  SpeakerModelHost(SpeakerModel& model, HostOptions options,
                   std::span<exec::Executor* const> executors, const Clock& clock,
                   Metrics& metrics);
  bool submit(std::shared_ptr<SpeakerCall> call) noexcept override;
  [[nodiscard]] std::size_t dimension() const noexcept override { return model_.dimension(); }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return model_.samples_max(); }
  [[nodiscard]] std::string name() const override { return model_.name(); }

 private:
  SpeakerModel& model_;
  HostCore<SpeakerCall> core_;
};

/// One worker per executor, one step of one clause at a time each; tts_queue.h says whose. What
/// `TtsCall::backlog_max` turns away is counted with what failed.
class TtsModelHost final : public TtsHost {
 public:
  TtsModelHost(TtsModel& model, HostOptions options, std::span<exec::Executor* const> executors,
               const Clock& clock, Metrics& metrics);
  bool submit(std::shared_ptr<TtsCall> call) noexcept override;
  [[nodiscard]] int rate() const noexcept override { return model_.rate(); }
  [[nodiscard]] Nanos backlog() const noexcept override {
    return core_.queue().backlog(clock_.now());
  }

 private:
  TtsModel& model_;
  const Clock& clock_;
  TtsMetrics metrics_;
  HostCore<TtsCall, TtsQueue> core_;
};

}  // namespace parley::model
