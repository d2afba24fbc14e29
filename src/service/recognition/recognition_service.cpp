// SPDX-License-Identifier: Apache-2.0
#include "service/recognition/recognition_service.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "base/check.h"
#include "operators/audio/noise_reduction_operator.h"
#include "service/recognition/recognition_core.h"

namespace parley::service {

using Core = RecognitionStream::Core;

namespace {

constexpr Millis kSilenceMin{100};
constexpr Millis kSilenceMax{10'000};
constexpr std::array<int, 7> kRates{8'000, 16'000, 22'050, 24'000, 32'000, 44'100, 48'000};

Status check(const RecognitionRequest& request) {
  const auto wrong = [](const std::string& field, auto value, const std::string& expected) {
    return Error{ErrorCode::invalid_argument,
                 field + ": " + std::to_string(value) + " is not " + expected};
  };
  if (std::ranges::find(kRates, request.rate) == kRates.end()) {
    return wrong("rate", request.rate, "8000, 16000, 22050, 24000, 32000, 44100 or 48000");
  }
  if (request.silence < kSilenceMin || request.silence > kSilenceMax) {
    return wrong("silence_ms", request.silence.count(), "100 to 10000");
  }
  if (!(request.threshold >= 0.0F && request.threshold <= 1.0F)) {
    return wrong("threshold", request.threshold, "0 to 1");
  }
  if (request.calls_max < 1 || request.calls_max > kRecordingCallsMax) {
    return wrong("calls_max", request.calls_max, "1 to " + std::to_string(kRecordingCallsMax));
  }
  if (request.suppress_db < 0 || request.suppress_db > operators::kSuppressDbMax) {
    return wrong("suppress_db", request.suppress_db,
                 "0 to " + std::to_string(operators::kSuppressDbMax));
  }
  return {};
}

RecognitionRefusal refused_for(const std::string& why, Nanos over) {
  const int seconds =
      std::clamp(static_cast<int>(std::chrono::ceil<std::chrono::seconds>(over).count()),
                 kRecognitionRetrySeconds, kRecognitionRetrySecondsMax);
  return {.message = why + ": try again in " + std::to_string(seconds) + " s",
          .retry_seconds = seconds};
}

std::string milliseconds(Nanos time) {
  return std::to_string(std::chrono::duration_cast<Millis>(time).count());
}

}  // namespace

struct RecognitionService::Impl {
  Impl(const RecognitionContext& with, RecognitionOptions limits)
      : context(with), options(limits) {}

  RecognitionMetrics& metrics_of(const std::string& face) {
    const std::lock_guard lock(mutex);
    auto& found = metrics[face];
    if (!found) found = std::make_unique<RecognitionMetrics>(context.metrics, face);
    return *found;
  }

  [[nodiscard]] std::optional<RecognitionRefusal> refusal(std::size_t others) const;

  const RecognitionContext context;
  const RecognitionOptions options;
  std::atomic<std::size_t> streams{0};
  std::atomic<bool> draining{false};
  std::mutex mutex;  // held for a look-up, and to wake all
  std::map<std::string, std::unique_ptr<RecognitionMetrics>> metrics;  // GUARDED_BY(mutex)
  std::set<Core*> open;                                                // GUARDED_BY(mutex)
};

std::optional<RecognitionRefusal> RecognitionService::Impl::refusal(std::size_t others) const {
  if (others >= options.streams_max) {
    return refused_for("all " + std::to_string(options.streams_max) + " streams are in use",
                       Nanos{});
  }
  const model::HostLoad asr = context.asr.load();
  const model::HostLoad vad = context.vad.load();
  const Nanos wait = std::max(asr.wait, vad.wait);
  if (wait > options.backlog_max) {
    return refused_for("words come " + milliseconds(wait) +
                           " ms late: more is said than this "
                           "machine recognises in time",
                       wait);
  }
  const double busy = std::max(asr.busy, vad.busy);
  if (options.busy_max < 1.0 && busy > options.busy_max) {
    // When no more is said, so long until the share is below the limit.
    const auto fades =
        std::chrono::duration_cast<Nanos>(model::kBusyMemory * std::log(busy / options.busy_max));
    return refused_for("this machine has no time for one more stream", fades);
  }
  return std::nullopt;
}

RecognitionService::RecognitionService(const RecognitionContext& context,
                                       RecognitionOptions options)
    : impl_(std::make_unique<Impl>(context, options)) {}

RecognitionService::~RecognitionService() { PARLEY_CHECK(streams() == 0); }

Result<std::unique_ptr<RecognitionStream>> RecognitionService::open(
    RecognitionRequest request, std::shared_ptr<RecognitionSink> sink) {
  Impl& impl = *impl_;
  PARLEY_TRY_STATUS(check(request));
  if (impl.draining.load()) return Error{ErrorCode::unavailable, "the server is shutting down"};
  RecognitionMetrics& metrics = impl.metrics_of(request.face);
  const std::size_t others = impl.streams.fetch_add(1);
  if (const auto refused = impl.refusal(others)) {
    impl.streams.fetch_sub(1);
    metrics.refused.add();
    return Error{ErrorCode::resource_exhausted, refused->message};
  }
  auto core = Core::make({.context = impl.context,
                          .request = std::move(request),
                          .sink = std::move(sink),
                          .metrics = metrics,
                          .on_close = [&impl](Core& closed) {
                            {
                              const std::lock_guard lock(impl.mutex);
                              impl.open.erase(&closed);
                            }
                            impl.streams.fetch_sub(1);
                          }});
  if (!core) return core.error();
  {
    const std::lock_guard lock(impl.mutex);
    impl.open.insert(core->get());
  }
  // A drain that came in between did not see it.
  if (impl.draining.load()) (*core)->drain(impl.context.clock.now());
  return std::make_unique<RecognitionStream>(std::move(*core));
}

const RecognitionContext& RecognitionService::context() const noexcept { return impl_->context; }

std::size_t RecognitionService::streams() const noexcept { return impl_->streams.load(); }

RecognitionLoad RecognitionService::load() const noexcept {
  return {.streams = streams(), .vad = impl_->context.vad.load(), .asr = impl_->context.asr.load()};
}

std::optional<RecognitionRefusal> RecognitionService::refusal() const {
  return impl_->refusal(streams());
}

std::optional<RecognitionRefusal> RecognitionService::refusal(const std::string& face) {
  auto refused = refusal();
  if (refused) impl_->metrics_of(face).refused.add();
  return refused;
}

int RecognitionService::retry_seconds() const {
  return refusal().value_or(RecognitionRefusal{}).retry_seconds;
}

void RecognitionService::drain(Nanos patience) {
  impl_->draining.store(true);
  const Instant cut_at = impl_->context.clock.now() + patience;
  const std::lock_guard lock(impl_->mutex);
  for (Core* core : impl_->open) core->drain(cut_at);
}

}  // namespace parley::service
