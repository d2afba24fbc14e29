// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/asr_operator.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

#include "codec/pcm16.h"
#include "media/copy_count.h"

namespace parley::operators {

namespace {

using graph::Progress;
using media::MediaTime;
using media::TurnEvent;

// Silence after the last speech that recognition still hears: final consonants fade into it, while
// more of it only costs time. Smaller than any useful TurnSettings::early_recognition.
constexpr MediaTime kTail = MediaTime::from_ms(200);
constexpr const char* kTranslated = "en";   // what models translate to
constexpr Millis kRetry{10};                // after the host's queue was full
constexpr std::size_t kCutFrame = 320;      // samples over which loudness is judged: 20 ms
constexpr std::size_t kCutSearchShare = 3;  // a cut is looked for in the last third of a piece

/// Where to cut `audio` so that the first piece has at most `max` samples: the quietest 20 ms of
/// the last third, since speech pauses there most likely.
std::size_t piece_length(std::span<const float> audio, std::size_t max) {
  if (audio.size() <= max) return audio.size();
  std::size_t best = max;
  double quietest = std::numeric_limits<double>::max();
  for (std::size_t at = max - max / kCutSearchShare; at + kCutFrame <= max; at += kCutFrame) {
    double energy = 0.0;
    for (const float sample : audio.subspan(at, kCutFrame)) {
      energy += static_cast<double>(sample) * sample;
    }
    if (energy < quietest) {
      quietest = energy;
      best = at + kCutFrame / 2;
    }
  }
  return best;
}

}  // namespace

AsrOperator::AsrOperator(model::AsrHost& host, const InputBuffer& buffer,
                         const std::string& language, AsrOrder order)
    : host_(host), buffer_(buffer), language_(language), order_(order) {}

Result<Progress> AsrOperator::process(graph::ProcessContext& context) {
  while (events_.peek() != nullptr && may_hear(*events_.peek())) hear(events_.pop());
  while (!jobs_.empty()) {
    if (!transcripts_.has_room()) return Progress::blocked;
    if (!advance(context)) break;
    jobs_.pop_front();
  }
  start_ahead(context);
  return Progress::need_input;
}

void AsrOperator::start_ahead(graph::ProcessContext& context) {
  const std::size_t count = std::min(jobs_.size(), order_.calls_max);
  for (std::size_t i = 1; i < count; ++i) {
    Job& job = jobs_[i];
    if (job.ended && waits(job) && job.offset < job.audio.size()) submit_piece(job, context);
  }
}

void AsrOperator::hear(const TurnEvent& event) {
  switch (event.kind) {
    case TurnEvent::Kind::started:
      break;
    case TurnEvent::Kind::paused:
      if (host_.takes_early_calls()) start_job(event, false);
      break;
    case TurnEvent::Kind::resumed:
    case TurnEvent::Kind::cleared:
      drop_early_job();
      break;
    case TurnEvent::Kind::ended:
      if (!jobs_.empty() && !jobs_.back().ended) {
        Job& early = jobs_.back();
        if (early.speech_end == event.speech_end) {
          early.ended = true;
          early.audio_end = event.head.pts;
          refuse_one();
          break;
        }
        drop_early_job();
      }
      start_job(event, true);
      refuse_one();
      break;
  }
}

void AsrOperator::start_job(const TurnEvent& event, bool ended) {
  const MediaTime end = std::min(event.head.pts, event.speech_end + kTail);
  const std::span<const std::int16_t> audio = buffer_.range(event.audio_begin, end);
  Job job;
  job.utterance = event.utterance;
  job.audio_begin = event.audio_begin;
  job.speech_end = event.speech_end;
  job.audio_end = event.head.pts;
  job.ended = ended;
  job.audio.resize(audio.size());
  codec::pcm16_to_float(audio, job.audio);
  media::note_copied(job.audio.size() * sizeof(float));
  jobs_.push_back(std::move(job));
}

void AsrOperator::drop_early_job() noexcept {
  if (jobs_.empty() || jobs_.back().ended) return;
  if (jobs_.back().call) jobs_.back().call->cancel();
  jobs_.pop_back();
}

std::size_t AsrOperator::waiting() const noexcept {
  return static_cast<std::size_t>(std::count_if(jobs_.begin(), jobs_.end(), &AsrOperator::waits));
}

void AsrOperator::refuse_one() {
  if (waiting() <= kUtterancesWaitingMax) return;
  Job& oldest = *std::find_if(jobs_.begin(), jobs_.end(), &AsrOperator::waits);
  oldest.refused = true;
  oldest.audio = {};
}

bool AsrOperator::advance(graph::ProcessContext& context) {
  Job& job = jobs_.front();
  if (job.call) {
    if (!job.call->done()) return false;  // the host wakes us
    if (!job.call->status) {
      if (!job.ended) return true;  // nobody waits for it yet: it is tried anew when it ends
      context.report(job.call->status.error().with_context("utterance " +
                                                           std::to_string(job.utterance.value)));
      job.call.reset();
      report(job, false);  // what was recognised so far: a transcript always comes
      return true;
    }
    take_result(job);
  }
  if (job.refused) {
    context.report({ErrorCode::resource_exhausted, "speech recognition is behind by more than " +
                                                       std::to_string(kUtterancesWaitingMax) +
                                                       " utterances"});
    report(job, false);
    return true;
  }
  if (job.offset == job.audio.size()) {
    if (!job.ended) return false;
    report(job, true);
    return true;
  }
  submit_piece(job, context);
  return false;
}

void AsrOperator::submit_piece(Job& job, graph::ProcessContext& context) {
  const std::span<const float> rest = std::span(job.audio).subspan(job.offset);
  const std::size_t length = piece_length(rest, host_.samples_max());
  auto call = std::make_shared<model::AsrCall>();
  call->language = language_;
  call->translate = order_.translate;
  call->owner = order_.owner;
  if (order_.hints != nullptr) call->hints = *order_.hints;
  const bool is_whole = length == job.audio.size();
  if (is_whole) {
    call->audio = std::move(job.audio);
  } else {
    call->audio.assign(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(length));
    media::note_copied(length * sizeof(float));
  }
  call->begin(context.waker(), context.now() + order_.patience);
  if (!host_.submit(call)) {
    if (is_whole) job.audio = std::move(call->audio);
    context.wake_at(context.now() + kRetry);
    return;
  }
  job.piece_begin = job.offset;
  if (!is_whole) job.offset += length;
  job.call = std::move(call);
}

void AsrOperator::take_result(Job& job) {
  const std::shared_ptr<model::AsrCall> call = std::exchange(job.call, nullptr);
  if (!job.text.empty() && !call->text.empty()) job.text += ' ';
  job.text += call->text;
  if (job.language.empty()) job.language = std::move(call->detected_language);
  if (job.emotion.empty()) job.emotion = std::move(call->emotion);
  if (job.event.empty()) job.event = std::move(call->event);
  const MediaTime begin =
      MediaTime::from_samples(static_cast<std::int64_t>(job.piece_begin), model::kAsrRate);
  for (media::WordTime& word : call->words) {
    job.words.push_back({std::move(word.text), word.begin + begin, word.end + begin});
  }
  std::ranges::move(call->tokens, std::back_inserter(job.tokens));
}

void AsrOperator::report(Job& job, bool is_whole) {
  media::Transcript transcript;
  transcript.head.pts = job.audio_begin;
  transcript.head.duration = job.audio_end - job.audio_begin;
  transcript.utterance = job.utterance;
  transcript.text = std::move(job.text);
  transcript.language =
      order_.translate && order_.tells_target ? kTranslated : std::move(job.language);
  transcript.emotion = std::move(job.emotion);
  transcript.event = std::move(job.event);
  transcript.words = std::move(job.words);
  transcript.tokens = std::move(job.tokens);
  transcript.is_final = is_whole;
  transcripts_.push(std::move(transcript));
}

void AsrOperator::close() noexcept {
  for (const Job& job : jobs_) {
    if (job.call) job.call->cancel();
  }
  jobs_.clear();
}

}  // namespace parley::operators
