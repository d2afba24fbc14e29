// SPDX-License-Identifier: Apache-2.0
#include "agent/recording_queue.h"

#include <algorithm>

namespace parley::agent {

namespace {

constexpr Millis kRetry{10};  // after the host's queue was full

}  // namespace

RecordingQueue::RecordingQueue(const AgentContext& context, const AgentSettings& settings,
                               AgentListener& listener, const exec::Waker& waker)
    : context_(context), settings_(settings), listener_(listener), waker_(waker) {}

RecordingQueue::~RecordingQueue() { context_.timers.cancel(timer_); }

void RecordingQueue::add(Item& item, Place place) {
  const bool is_told = place == Place::conversation;
  for (std::size_t i = 0; i < item.content.size(); ++i) {
    ContentPart& part = item.content[i];
    if (part.kind != ContentPart::Kind::input_audio || part.has_transcript) continue;
    if (waiting_.size() < kRecordingsWaitingMax) {
      waiting_.push_back({item.id, item.serial, i});
      waker_.wake();
      continue;
    }
    part.has_transcript = true;  // nobody waits for it
    count_refused(context_.metrics, "recording");
    tell_transcript_failed(
        listener_, is_told && settings_.transcription, item.id,
        {ErrorCode::resource_exhausted, "More than " + std::to_string(kRecordingsWaitingMax) +
                                            " recordings wait for recognition."});
  }
}

bool RecordingQueue::has(const Item& item) const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [&](const Recording& one) { return one.serial == item.serial; });
}

void RecordingQueue::run(const Find& find) {
  using Progress = ItemRecognition::Progress;
  while (!waiting_.empty()) {
    const Recording& first = waiting_.front();
    const auto [item, place] = find(first.item_id, first.serial);
    if (item != nullptr) {
      if (!recognition_) {
        recognition_.emplace(*item, first.content_index, settings_.language, settings_.hints);
      }
      const Instant now = context_.clock.now();
      const Progress progress = recognition_->advance(context_.asr, waker_, now);
      if (progress == Progress::host_full && retry_ <= now) {
        retry_ = now + kRetry;
        timer_ = context_.timers.schedule(retry_, waker_);
      }
      if (progress != Progress::over) return;
      finish(*item, place);
    }
    recognition_.reset();
    waiting_.pop_front();
  }
}

void RecordingQueue::finish(Item& item, Place place) {
  const bool transcribe = place == Place::conversation && settings_.transcription;
  ContentPart& part = item.content[recognition_->content_index()];
  part.text = recognition_->text();
  part.words = recognition_->words();
  part.has_transcript = true;  // as far as it went: nobody waits for ever
  if (place == Place::conversation) listener_.item_changed(item);
  if (!recognition_->status()) {
    tell_transcript_failed(listener_, transcribe, item.id, recognition_->status().error());
    return;
  }
  listener_.user_said(item.id, part.text);
  if (transcribe) {
    Transcription told{.text = part.text, .audio = part.audio.duration(), .words = part.words};
    if (settings_.token_scores) told.tokens = recognition_->tokens();
    told.language = recognition_->detected_language();
    told.untold = told.text;
    listener_.transcription_completed(item.id, told);
  }
}

void tell_transcript_failed(AgentListener& listener, bool transcription, std::string_view item_id,
                            const Error& error) {
  if (transcription) {
    listener.transcription_failed(item_id, error);
  } else {
    listener.failed(error);
  }
}

void count_refused(Metrics& metrics, std::string_view what) {
  metrics
      .counter("parley_agent_refused_total", "What a session was refused since it has too many",
               {{"what", std::string(what)}})
      .add();
}

}  // namespace parley::agent
