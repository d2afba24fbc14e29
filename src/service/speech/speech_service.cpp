// SPDX-License-Identifier: Apache-2.0
#include "service/speech/speech_service.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "media/speech_limits.h"
#include "service/speech/speech_core.h"

namespace parley::service {

namespace {

Status check(const SpeechRequest& request) {
  if (!(request.speed >= media::kSpeechSpeedMin && request.speed <= media::kSpeechSpeedMax)) {
    return Error{ErrorCode::invalid_argument,
                 "speed: " + std::to_string(request.speed) + " is not 0.25 to 4"};
  }
  if (request.rate != 0 &&
      (request.rate < media::kSpeechRateMin || request.rate > media::kSpeechRateMax)) {
    return Error{ErrorCode::invalid_argument,
                 "samplerate: " + std::to_string(request.rate) + " is not 8000 to 48000"};
  }
  return {};
}

}  // namespace

int retry_seconds(Nanos backlog) noexcept {
  constexpr int kMax = 30;
  return std::clamp(static_cast<int>(std::chrono::ceil<std::chrono::seconds>(backlog).count()), 1,
                    kMax);
}

struct SpeechService::Impl {
  Impl(const SpeechContext& with, SpeechOptions limits) : context(with), options(limits) {}

  SpeechMetrics& metrics_of(const std::string& face) {
    const std::lock_guard lock(mutex);
    auto& found = metrics[face];
    if (!found) found = std::make_unique<SpeechMetrics>(context.metrics, face);
    return *found;
  }

  const SpeechContext context;
  const SpeechOptions options;
  std::atomic<std::size_t> streams{0};
  std::atomic<bool> draining{false};
  std::mutex mutex;                                               // held for a look-up
  std::map<std::string, std::unique_ptr<SpeechMetrics>> metrics;  // GUARDED_BY(mutex)
};

SpeechService::SpeechService(const SpeechContext& context, SpeechOptions options)
    : impl_(std::make_unique<Impl>(context, options)) {}

SpeechService::~SpeechService() { PARLEY_CHECK(streams() == 0); }

Result<std::unique_ptr<SpeechStream>> SpeechService::open(SpeechRequest request,
                                                          std::shared_ptr<SpeechSink> sink) {
  Impl& impl = *impl_;
  PARLEY_TRY_STATUS(check(request));
  if (impl.draining.load()) return Error{ErrorCode::unavailable, "the server is shutting down"};
  SpeechMetrics& metrics = impl.metrics_of(request.face);
  if (impl.streams.fetch_add(1) >= impl.options.streams_max) {
    impl.streams.fetch_sub(1);
    metrics.refused.add();
    return Error{ErrorCode::resource_exhausted, "all " + std::to_string(impl.options.streams_max) +
                                                    " streams are in use: try again in " +
                                                    std::to_string(retry_seconds()) + " s"};
  }
  auto core = SpeechStream::Core::make({.context = impl.context,
                                        .request = std::move(request),
                                        .sink = std::move(sink),
                                        .metrics = metrics,
                                        .seed = impl.options.seed,
                                        .any_seed = impl.options.any_seed,
                                        .backlog_max = impl.options.backlog_max,
                                        .on_close = [&impl] { impl.streams.fetch_sub(1); }});
  if (!core) return core.error();
  return std::make_unique<SpeechStream>(std::move(*core));
}

int SpeechService::retry_seconds() const noexcept {
  return service::retry_seconds(impl_->context.tts.backlog());
}

int SpeechService::voice_rate() const noexcept { return impl_->context.tts.rate(); }

const SpeechContext& SpeechService::context() const noexcept { return impl_->context; }

std::size_t SpeechService::streams() const noexcept { return impl_->streams.load(); }

void SpeechService::drain() { impl_->draining.store(true); }

}  // namespace parley::service
