// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/speaker_labels.h"

#include <algorithm>
#include <utility>

#include "codec/pcm16.h"
#include "media/copy_count.h"

namespace parley::operators {

using media::MediaTime;
using media::TurnEvent;

static_assert(model::kSpeakerRate == kInputBufferRate);

SpeakerLabels::SpeakerLabels(Surroundings around) : around_(std::move(around)) {
  around_.known.refresh(around_.owner);
}

SpeakerLabels::~SpeakerLabels() {
  for (const Job& job : jobs_) job.call->cancel();
}

void SpeakerLabels::hear(const TurnEvent& event, const InputBuffer& buffer) {
  switch (event.kind) {
    case TurnEvent::Kind::started:
      open_ = event.utterance;
      speech_begin_ = event.head.pts;
      around_.known.refresh(around_.owner);
      break;
    case TurnEvent::Kind::paused:
      start(event, buffer);
      break;
    case TurnEvent::Kind::resumed:
    case TurnEvent::Kind::cleared:
      drop_early();
      break;
    case TurnEvent::Kind::ended:
      if (!jobs_.empty() && !jobs_.back().ended) {
        if (jobs_.back().speech_end == event.speech_end) {
          jobs_.back().ended = true;
          break;
        }
        drop_early();
      }
      start(event, buffer);
      if (!jobs_.empty()) jobs_.back().ended = true;
      break;
  }
}

void SpeakerLabels::start(const TurnEvent& event, const InputBuffer& buffer) {
  if (!around_.known.may_know_any(around_.owner)) return;
  const MediaTime begin = event.utterance == open_ ? speech_begin_ : event.audio_begin;
  if (event.speech_end - begin < kLabelSpeechMin) return;
  const auto audio = buffer.range(begin, std::min(event.speech_end, begin + kLabelSpeechMax));
  const std::size_t count = std::min(audio.size(), around_.host.samples_max());
  Job job{.utterance = event.utterance,
          .speech_end = event.speech_end,
          .call = std::make_shared<model::SpeakerCall>()};
  job.call->audio.resize(count);
  codec::pcm16_to_float(audio.first(count), job.call->audio);
  media::note_copied(count * sizeof(float));
  job.call->begin(around_.waker, around_.clock.now());
  // A queue that is full is counted by its host; the utterance stays without a name.
  if (around_.host.submit(job.call)) jobs_.push_back(std::move(job));
}

bool SpeakerLabels::is_ready(media::UtteranceId utterance) const {
  const auto found = std::ranges::find(jobs_, utterance, &Job::utterance);
  return found == jobs_.end() || found->call->done();
}

std::string SpeakerLabels::take(media::UtteranceId utterance) {
  const auto found = std::ranges::find(jobs_, utterance, &Job::utterance);
  if (found == jobs_.end()) return {};
  const std::shared_ptr<model::SpeakerCall> call = std::move(found->call);
  jobs_.erase(found);
  return call->status ? around_.known.name_of(around_.owner, call->embedding) : std::string();
}

void SpeakerLabels::forget(media::UtteranceId utterance) noexcept {
  const auto found = std::ranges::find(jobs_, utterance, &Job::utterance);
  if (found == jobs_.end()) return;
  found->call->cancel();
  jobs_.erase(found);
}

void SpeakerLabels::drop_early() noexcept {
  if (jobs_.empty() || jobs_.back().ended) return;
  jobs_.back().call->cancel();
  jobs_.pop_back();
}

}  // namespace parley::operators
