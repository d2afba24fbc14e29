// SPDX-License-Identifier: Apache-2.0
#include "operators/turn/model_detector.h"

#include <array>
#include <span>
#include <utility>

#include "codec/pcm16.h"
#include "media/copy_count.h"

namespace parley::operators {
namespace {

using media::MediaTime;
using model::TurnVerdict;

// Silences after which the model is asked. A question costs about 60 ms of one core.
constexpr std::array kQuestions{MediaTime::from_ms(200), MediaTime::from_ms(500),
                                MediaTime::from_ms(1000), MediaTime::from_ms(2000),
                                MediaTime::from_ms(4000)};

struct Eagerness {
  float lower;
  float upper;
  MediaTime wait_max;
};

Eagerness eagerness_of(TurnSettings::Eagerness eagerness) {
  switch (eagerness) {
    case TurnSettings::Eagerness::low:
      return {.lower = 0.8F, .upper = 0.95F, .wait_max = MediaTime::from_ms(8000)};
    case TurnSettings::Eagerness::medium:
      break;
    case TurnSettings::Eagerness::high:
      return {.lower = 0.3F, .upper = 0.6F, .wait_max = MediaTime::from_ms(2000)};
  }
  return {.lower = 0.5F, .upper = 0.8F, .wait_max = MediaTime::from_ms(4000)};
}

}  // namespace

TurnVerdict ModelDetector::judge(const model::TurnQuery& query, const exec::Waker& waker,
                                 Instant now) noexcept {
  if (settings_.detector == TurnSettings::Detector::silence || host_ == nullptr) {
    forget();
    return query.silence >= MediaTime::from_ms(settings_.silence.count()) ? TurnVerdict::done
                                                                          : TurnVerdict::open;
  }
  if (call_) {
    if (!call_->done()) return TurnVerdict::thinking;
    const std::shared_ptr<model::TurnCall> call = std::exchange(call_, nullptr);
    // A model that failed has said nothing: the next question, or the longest wait, decides.
    if (call->status && weigh(call->probability)) return TurnVerdict::done;
  }
  if (query.silence >= eagerness_of(settings_.eagerness).wait_max) return TurnVerdict::done;
  if (asked_ == kQuestions.size() || query.silence < kQuestions[asked_]) return TurnVerdict::open;
  ++asked_;
  return ask(query, waker, now) ? TurnVerdict::thinking : TurnVerdict::open;
}

/// True: the turn is over.
bool ModelDetector::weigh(float probability) {
  const Eagerness eagerness = eagerness_of(settings_.eagerness);
  const bool is_likely = probability >= eagerness.lower;
  const bool is_confirmed = is_likely && was_likely_;
  was_likely_ = is_likely;
  return probability >= eagerness.upper || is_confirmed;
}

bool ModelDetector::ask(const model::TurnQuery& query, const exec::Waker& waker, Instant now) {
  constexpr MediaTime kHeard =
      MediaTime::from_samples(static_cast<std::int64_t>(model::kTurnSamplesMax), model::kTurnRate);
  const std::span<const std::int16_t> audio = buffer_.range(query.now - kHeard, query.now);
  auto call = std::make_shared<model::TurnCall>();
  call->audio.resize(audio.size());
  codec::pcm16_to_float(audio, call->audio);
  media::note_copied(call->audio.size() * sizeof(float));
  call->begin(waker, now);
  if (!host_->submit(call)) return false;
  call_ = std::move(call);
  return true;
}

void ModelDetector::forget() noexcept {
  if (call_) call_->cancel();
  call_.reset();
  asked_ = 0;
  was_likely_ = false;
}

}  // namespace parley::operators
