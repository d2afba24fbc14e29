// SPDX-License-Identifier: Apache-2.0
#include "operators/tts/tts_operator.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "media/speech_limits.h"

namespace parley::operators {

namespace {

using graph::Progress;
using media::MediaTime;

constexpr Millis kRetry{10};  // after the host's queue was full
constexpr MediaTime kSilencePiece = MediaTime::from_ms(100);

}  // namespace

Result<Progress> TtsOperator::process(graph::ProcessContext& context) {
  while (true) {
    if (!audio_.has_room() || !spoken_.has_room()) return Progress::blocked;
    if (clock_ == MediaTime{}) plays_from_ = context.now();  // not before now: nothing is out yet
    if (silence_ > MediaTime{}) {
      give_silence();
    } else if (call_) {
      if (!submitted_) {
        // Wanted when what was made before it has been played.
        call_->begin(context.waker(), std::max(context.now(), plays_from_ + clock_.nanos()));
        submitted_ = host_.submit(call_);
        if (!submitted_) {
          context.wake_at(context.now() + kRetry);
          return Progress::need_input;
        }
      }
      const bool is_done = call_->done();  // first: its parts come before it is
      if (std::optional<media::BufferRef> part = call_->parts.try_pop()) {
        give_part(*call_, std::move(*part));
      } else if (is_done) {
        end_clause(context);
      } else {
        return Progress::need_input;  // the host wakes us
      }
    } else {
      if (clauses_.peek() == nullptr) return Progress::need_input;
      media::TextDelta clause = clauses_.pop();
      if (clause.head.turn != turn_) {
        turn_ = clause.head.turn;
        clock_ = {};
        clause_index_ = 0;
      }
      if (!clause.text.empty() || clause.spoken != nullptr) {
        prepare(std::move(clause));
      } else if (clause.head.is_last) {
        finish_reply(clause.head.turn);
      }
    }
  }
}

void TtsOperator::prepare(media::TextDelta clause) {
  clause_ = std::move(clause);
  const media::SpokenForm* const form = clause_.spoken.get();
  told_until_.reset();
  clause_begin_.reset();
  silence_ = form == nullptr ? MediaTime{} : form->pause_before;
  if (form != nullptr && form->text.empty()) return;  // a pause, and nothing after it
  call_ = std::make_shared<model::TtsCall>();
  call_->text = form == nullptr ? clause_.text : form->text;
  call_->voice = settings_.voice;
  // The request's and the text's own together may be more than a voice takes.
  call_->speed = std::clamp(settings_.speed * (form == nullptr ? 1.0F : form->rate),
                            media::kSpeechSpeedMin, media::kSpeechSpeedMax);
  call_->stream = true;
  call_->qos = settings_.qos;
  call_->owner = settings_.owner;
  if (clause_index_ == 0) call_->backlog_max = settings_.backlog_max;
  // Each clause of a reply draws its own noise, or all would breathe alike.
  call_->seed = settings_.seed + clause_index_++;
  call_->any_seed = settings_.any_seed;
  submitted_ = false;
}

void TtsOperator::give_silence() {
  const MediaTime piece = std::min(silence_, kSilencePiece);
  if (zeros_.empty()) {
    const auto count = static_cast<std::size_t>(kSilencePiece.samples(host_.rate()));
    zeros_ = media::BufferPool().copy_of(std::vector<float>(count, 0.0F));
  }
  const auto samples = static_cast<std::size_t>(piece.samples(host_.rate()));
  silence_ = silence_ - piece;
  if (samples > 0) push_audio(zeros_.slice(0, samples * sizeof(float)));
}

void TtsOperator::give_part(const model::TtsCall& call, media::BufferRef samples) {
  if (!clause_begin_) {
    clause_begin_ = clock_;
    // Before its audio, if the voice knows how much will follow.
    if (call.samples_expected > 0) {
      tell_clause(call, clock_, MediaTime::from_samples(call.samples_expected, host_.rate()));
    }
  }
  push_audio(std::move(samples));
}

void TtsOperator::tell_clause(const model::TtsCall& call, MediaTime begin, MediaTime duration) {
  told_until_ = begin + duration;
  media::TextDelta spoken = clause_;
  spoken.head.turn = turn_;
  spoken.head.pts = begin;
  spoken.head.duration = duration;
  spoken.words = call.words;
  spoken.phonemes = call.phonemes;
  spoken_.push(std::move(spoken));
}

void TtsOperator::end_clause(graph::ProcessContext& context) {
  const std::shared_ptr<model::TtsCall> call = std::exchange(call_, nullptr);
  submitted_ = false;
  // Of a host that makes it in one piece.
  if (!call->audio.empty()) give_part(*call, std::move(call->audio));
  if (clause_begin_ && !told_until_) {
    tell_clause(*call, *clause_begin_, clock_ - *clause_begin_);
  }
  if (!call->status) {
    const Error& error = call->status.error();
    // A voice that has too much to do says nothing about this clause.
    const bool is_refused = error.code == ErrorCode::resource_exhausted;
    context.report(is_refused ? error : error.with_context("clause '" + clause_.text + "'"));
  }
  if (told_until_ && *told_until_ > clock_) silence_ = *told_until_ - clock_;
}

void TtsOperator::push_audio(media::BufferRef samples) {
  const auto count = static_cast<std::int64_t>(samples.size() / sizeof(float));
  media::AudioFrame frame;
  frame.head.turn = turn_;
  frame.head.pts = clock_;
  frame.head.duration = MediaTime::from_samples(count, host_.rate());
  frame.format = {.rate = host_.rate(), .channels = 1};
  frame.samples = std::move(samples);
  clock_ += frame.head.duration;
  audio_.push(std::move(frame));
}

void TtsOperator::finish_reply(media::Turn turn) {
  media::AudioFrame last;
  last.head.turn = turn;
  last.head.pts = clock_;
  last.head.is_last = true;
  last.format = {.rate = host_.rate(), .channels = 1};
  audio_.push(std::move(last));
}

void TtsOperator::on_turn(media::Turn now) noexcept {
  if (turn_ < now) forget();
}

void TtsOperator::close() noexcept { forget(); }

void TtsOperator::forget() noexcept {
  if (call_ && submitted_ && !call_->done()) call_->cancel();
  call_.reset();
  submitted_ = false;
  silence_ = {};
}

}  // namespace parley::operators
