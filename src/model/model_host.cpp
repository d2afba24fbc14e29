// SPDX-License-Identifier: Apache-2.0
#include "model/model_host.h"

#include <algorithm>
#include <array>
#include <utility>

namespace parley::model {
namespace {

HostOptions with_batch(HostOptions options, std::size_t batch_max) {
  options.batch_max = std::min(options.batch_max, batch_max);
  return options;
}

}  // namespace

VadModelHost::VadModelHost(VadModel& model, HostOptions options,
                           std::span<exec::Executor* const> executors, const Clock& clock,
                           Metrics& metrics)
    : clock_(clock),
      busy_(executors.size()),
      core_(with_batch(std::move(options), model.batch_max()), executors, clock, metrics,
            [this, &model](std::span<VadCall* const> batch) {
              const Instant started = clock_.now();
              model.infer(batch);
              const Instant ended = clock_.now();
              busy_.add(ended - started, ended);
            }) {}

VadModelHost::VadModelHost(VadModel& model, HostOptions options, exec::Executor& executor,
                           const Clock& clock, Metrics& metrics)
    : VadModelHost(model, std::move(options), std::array{&executor}, clock, metrics) {}

bool VadModelHost::submit(std::shared_ptr<VadCall> call) noexcept {
  return core_.submit(std::move(call));
}

HostLoad VadModelHost::load() const noexcept {
  const Instant now = clock_.now();
  const Instant oldest = core_.queue().oldest();
  return {.wait = oldest == Instant::never() ? Nanos{} : std::max(now - oldest, Nanos{}),
          .busy = busy_.at(now)};
}

AsrModelHost::AsrModelHost(AsrModel& model, HostOptions options,
                           std::span<exec::Executor* const> executors, const Clock& clock,
                           Metrics& metrics)
    : model_(model),
      clock_(clock),
      core_(
          with_batch(std::move(options), 1), executors, clock, metrics,
          [&model](std::span<AsrCall* const> batch) { model.transcribe(*batch.front()); },
          executors.size()) {}

bool AsrModelHost::submit(std::shared_ptr<AsrCall> call) noexcept {
  return core_.submit(std::move(call));
}

StreamingAsrModelHost::StreamingAsrModelHost(StreamingAsrModel& model, HostOptions options,
                                             std::span<exec::Executor* const> executors,
                                             const Clock& clock, Metrics& metrics)
    : model_(model),
      core_(with_batch(std::move(options), model.batch_max()), executors, clock, metrics,
            [&model](std::span<AsrStreamCall* const> batch) { model.hear(batch); }) {}

bool StreamingAsrModelHost::submit(std::shared_ptr<AsrStreamCall> call) noexcept {
  return core_.submit(std::move(call));
}

TurnModelHost::TurnModelHost(TurnModel& model, HostOptions options,
                             std::span<exec::Executor* const> executors, const Clock& clock,
                             Metrics& metrics)
    : core_(with_batch(std::move(options), 1), executors, clock, metrics,
            [&model](std::span<TurnCall* const> batch) { model.judge(*batch.front()); }) {}

bool TurnModelHost::submit(std::shared_ptr<TurnCall> call) noexcept {
  return core_.submit(std::move(call));
}

SpeakerModelHost::SpeakerModelHost(SpeakerModel& model, HostOptions options,
                                   std::span<exec::Executor* const> executors, const Clock& clock,
                                   Metrics& metrics)
    : model_(model),
      core_(with_batch(std::move(options), 1), executors, clock, metrics,
            [&model](std::span<SpeakerCall* const> batch) { model.embed(*batch.front()); }) {}

bool SpeakerModelHost::submit(std::shared_ptr<SpeakerCall> call) noexcept {
  return core_.submit(std::move(call));
}

TtsModelHost::TtsModelHost(TtsModel& model, HostOptions options,
                           std::span<exec::Executor* const> executors, const Clock& clock,
                           Metrics& metrics)
    : model_(model),
      clock_(clock),
      metrics_(metrics, model.rate()),
      core_(
          with_batch(std::move(options), 1), executors, clock, metrics,
          [&model](std::span<TtsCall* const> batch) {
            TtsCall& call = *batch.front();
            call.has_more = model.synthesize(call);
          },
          executors.size(), model.rate(), &metrics_) {}

bool TtsModelHost::submit(std::shared_ptr<TtsCall> call) noexcept {
  // Not a full queue, which is asked again in a moment: whoever is told this comes back later.
  if (call->backlog_max != Nanos::max() && call->backlog_max < backlog()) {
    call->status = Error{ErrorCode::resource_exhausted, "too much waits to be spoken"};
    core_.count_failure(call->status.error().code);
    call->finish();
    return true;
  }
  return core_.submit(std::move(call));
}

}  // namespace parley::model
