// SPDX-License-Identifier: Apache-2.0
#include "service/recognition/recognition_core.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/trace.h"
#include "codec/audio_codec.h"

namespace parley::service {

namespace {

using media::MediaTime;
using media::TurnEvent;

constexpr std::size_t kMailboxMax = 1024;  // commands
constexpr std::size_t kAudioMax = 896;     // of them; the rest is for flushes
constexpr std::size_t kStepsPerSlice = 64;
/// What an append that was refused waits for.
constexpr std::size_t kAudioRoomBytes = RecognitionStream::kAudioWaitingBytesMax / 2;
/// Whoever sends a recording at once is heard as fast as the detector goes, and no faster than his
/// words come: the recogniser gives up on more utterances than operators::kUtterancesWaitingMax.
constexpr MediaTime kAheadMax = MediaTime::from_ms(1000);
constexpr std::size_t kUtterancesWaitingMax = 3;
/// Of a recording: an utterance that is longer ends at a shorter pause, where there is one, so that
/// it is cut between words and not where it has reached operators::kUtteranceMax.
constexpr MediaTime kLongUtterance = MediaTime::from_ms(24'000);
constexpr Millis kLongUtteranceSilence{300};
/// The detector hears windows of 32 ms, and a resampler holds a few ms back: this much silence
/// behind the last sample makes both let go of it.
constexpr MediaTime kFlushSilence = MediaTime::from_ms(64);
/// A server that ends waits so long for further sound of a sentence that is being said.
constexpr Millis kDrainSilence{1000};

/// Recordings are heard once, by the model of finals; nobody hears another language than his own.
bool is_streamed(const RecognitionContext& context, const RecognitionRequest& request) {
  if (context.streaming == nullptr || !request.is_live) return false;
  const std::string only = context.streaming->language();
  return only.empty() || request.language.empty() || only == request.language;
}

}  // namespace

Result<std::unique_ptr<RecognitionStream::Core>> RecognitionStream::Core::make(Setup setup) {
  std::unique_ptr<Core> core(new Core(std::move(setup)));
  PARLEY_TRY(core->pipeline_, make_recognition_pipeline(core->context_, core->state_,
                                                        core->metrics_.partials_left_out,
                                                        core->request_.id, core->strand_->waker()));
  return core;
}

RecognitionStream::Core::Core(Setup setup)
    : context_(setup.context),
      request_(std::move(setup.request)),
      metrics_(setup.metrics),
      opened_(context_.clock.now()),
      strand_(exec::Strand::make(context_.executor, *this)),
      sink_(std::move(setup.sink)),
      on_close_(std::move(setup.on_close)),
      mailbox_({.capacity = kMailboxMax}, strand_->waker()),
      input_(context_.buffers) {
  state_.turn.silence = request_.silence;
  state_.turn.prefix_padding = request_.prefix_padding;
  state_.turn.threshold = request_.threshold;
  // The words are made while the silence lasts that ends the utterance.
  state_.turn.early_recognition =
      request_.is_live ? std::min(state_.turn.early_recognition, request_.silence / 2)
                       : request_.silence;
  state_.asr = {.translate = request_.translate,
                .patience = request_.is_live ? Millis::zero() : kRecordingPatience,
                .calls_max = request_.calls_max,
                .owner = request_.client,
                .hints = &state_.hints};
  state_.noise.suppress_db = request_.suppress_db;
  state_.partial.hints = state_.hints = request_.hints;
  state_.partial.interval = request_.partial_interval;
  state_.partial.owner = request_.client;
  state_.partial.language = state_.language = request_.language;
  state_.is_streamed = is_streamed(context_, request_);
  state_.streams_finals = state_.is_streamed && context_.streams_finals && !request_.translate;
  model::KnownSpeakers* const known =
      request_.voices != nullptr ? request_.voices.get() : context_.known_speakers;
  if (context_.speakers != nullptr && known != nullptr) {
    labels_.emplace(operators::SpeakerLabels::Surroundings{.host = *context_.speakers,
                                                           .known = *known,
                                                           .clock = context_.clock,
                                                           .owner = request_.owner,
                                                           .waker = strand_->waker()});
  }
  metrics_.streams.add(1);
}

RecognitionStream::Core::~Core() {
  close();
  metrics_.streams.add(-1);
}

void RecognitionStream::Core::close() noexcept {
  strand_->close();
  if (std::exchange(closed_, true)) return;
  mailbox_.close();
  context_.timers.cancel(drain_timer_);
  // No pipeline, if one could not be made.
  if (pipeline_.pipeline) pipeline_.pipeline->close();
  if (pipeline_.pipeline && sink_ != nullptr) {  // nobody waits for its end any more
    const Status cancelled = Error{ErrorCode::cancelled, "cancelled"};
    metrics_.ended(cancelled, totals_.audio.nanos());
    tell_log(cancelled);
  }
  sink_.reset();
  if (on_close_) on_close_(*this);
}

// --- the producer --------------------------------------------------------------------------------

AppendResult RecognitionStream::Core::append(media::BufferRef bytes) {
  if (is_cut_off()) return AppendResult::closed;
  const std::size_t size = bytes.size();
  const auto is_full = [&] {
    return audio_waiting_.load() + size > kAudioWaitingBytesMax || mailbox_.size() >= kAudioMax;
  };
  if (is_full()) {
    room_wanted_.store(true);
    // The strand may have taken it all between the look and the flag.
    if (is_full()) return AppendResult::full;
    room_wanted_.store(false);
  }
  audio_waiting_.fetch_add(size);
  switch (mailbox_.push(std::move(bytes))) {
    case exec::PushResult::accepted:
    case exec::PushResult::dropped_oldest:
      return AppendResult::taken;
    case exec::PushResult::full:
      audio_waiting_.fetch_sub(size);
      room_wanted_.store(true);
      strand_->wake();
      return AppendResult::full;
    case exec::PushResult::closed:
      break;
  }
  return AppendResult::closed;
}

void RecognitionStream::Core::flush(std::uint64_t id) {
  if (mailbox_.push(Flush{id}) == exec::PushResult::full) overrun();
}

void RecognitionStream::Core::finish() {
  if (mailbox_.push(Flush{}) == exec::PushResult::full) overrun();
}

/// More flushes than there is room for, and `append` leaves some: whoever does that to a stream has
/// lost it.
void RecognitionStream::Core::overrun() noexcept {
  overrun_.store(true, std::memory_order_release);
  strand_->wake();
}

void RecognitionStream::Core::cancel() noexcept {
  cancelled_.store(true, std::memory_order_release);
  strand_->wake();
}

void RecognitionStream::Core::drain(Instant cut_at) noexcept {
  cut_at_ns_.store(cut_at.since_zero.count(), std::memory_order_relaxed);
  draining_.store(true, std::memory_order_release);
  strand_->wake();
}

// --- the strand ----------------------------------------------------------------------------------

bool RecognitionStream::Core::run_slice() noexcept {
  if (sink_ == nullptr) return false;
  if (cancelled_.load(std::memory_order_acquire)) {
    end(Error{ErrorCode::cancelled, "cancelled"});
    return false;
  }
  if (overrun_.load(std::memory_order_acquire)) {
    end(Error{ErrorCode::resource_exhausted,
              "flush: more than " + std::to_string(kMailboxMax - kAudioMax) + " wait"});
    return false;
  }
  const bool fed = feed();
  const bool more = pipeline_.pipeline->run(kStepsPerSlice);
  listen();
  if (fed || more) return true;
  return go_on_with_flush() || go_on_with_drain();
}

bool RecognitionStream::Core::is_ahead() const {
  return given_ - heard_ > kAheadMax ||
         ended_.size() > kUtterancesWaitingMax + request_.calls_max - 1;
}

/// True: something went into the pipeline.
bool RecognitionStream::Core::feed() {
  bool any = false;
  while (pipeline_.input->has_room() && !is_ahead()) {
    if (!input_.empty()) {
      push(input_.next());
      any = true;
      continue;
    }
    if (flushing_) break;
    std::optional<Command> command = mailbox_.pop();
    if (!command && may_end()) {
      is_cut_short_ = true;
      command = Flush{};
    }
    if (!command) break;
    if (auto* bytes = std::get_if<media::BufferRef>(&*command)) {
      audio_waiting_.fetch_sub(bytes->size());
      input_.take(std::move(*bytes), request_.codec);
    } else {
      begin_flush(std::get<Flush>(*command));
    }
  }
  if (audio_waiting_.load() <= kAudioRoomBytes && mailbox_.size() <= kAudioMax / 2 &&
      room_wanted_.exchange(false)) {
    sink_->on_room();
  }
  return any;
}

/// Threads: any. The time that a drain has is over: nothing more is taken.
bool RecognitionStream::Core::is_cut_off() const noexcept {
  return draining_.load(std::memory_order_acquire) &&
         context_.clock.now().since_zero.count() >= cut_at_ns_.load(std::memory_order_relaxed);
}

/// A drain: all that has come was heard, and nobody is in the middle of a sentence.
bool RecognitionStream::Core::may_end() const {
  if (!draining_.load(std::memory_order_acquire)) return false;
  if (is_cut_off()) return true;
  if (!request_.is_live || given_ - heard_ > kFlushSilence || !ended_.empty()) return false;
  return !is_speaking_ || context_.clock.now() >= fed_at_ + kDrainSilence;
}

/// True: it may end now. Otherwise the next audio wakes it, or the words that are waited for, or
/// the time.
bool RecognitionStream::Core::go_on_with_drain() {
  if (sink_ == nullptr || flushing_ || !draining_.load(std::memory_order_acquire)) return false;
  context_.timers.cancel(drain_timer_);
  if (may_end() && mailbox_.size() == 0) return true;
  const Instant cut_at{Nanos(cut_at_ns_.load(std::memory_order_relaxed))};
  const Instant silent_at = fed_at_ + kDrainSilence;
  const bool waits = is_speaking_ && silent_at > context_.clock.now();
  drain_timer_ =
      context_.timers.schedule(waits ? std::min(cut_at, silent_at) : cut_at, strand_->waker());
  return false;
}

void RecognitionStream::Core::push(media::BufferRef bytes) {
  const std::size_t sample = codec::bytes_per_sample(request_.codec);
  const auto samples = static_cast<std::int64_t>(bytes.size() / sample);
  given_ += MediaTime::from_samples(samples, request_.rate);
  fed_at_ = context_.clock.now();
  media::EncodedAudio audio;
  audio.codec = request_.codec;
  audio.format = {.rate = request_.rate, .channels = 1};
  audio.bytes = std::move(bytes);
  PARLEY_HOP();
  pipeline_.input->push(std::move(audio));
}

void RecognitionStream::Core::begin_flush(Flush flush) {
  flushing_ = flush;
  flush_at_ = given_;
  const auto count = static_cast<std::size_t>(kFlushSilence.samples(request_.rate));
  const std::size_t sample = codec::bytes_per_sample(request_.codec);
  media::BufferRef zeros = context_.buffers.take(count * sample);
  codec::encode(request_.codec, std::vector<float>(count, 0.0F), zeros.writable());
  input_.clear_remainder();
  input_.take(std::move(zeros), request_.codec);
}

bool RecognitionStream::Core::go_on_with_flush() {
  if (sink_ == nullptr || !flushing_ || !input_.empty() || heard_ < flush_at_) return false;
  if (pipeline_.turn->buffered() > MediaTime{}) {
    pipeline_.turn->commit();
    return true;
  }
  if (!ended_.empty()) return false;
  const Flush flush = *std::exchange(flushing_, std::nullopt);
  totals_.audio = flush_at_ - silence_;
  silence_ += given_ - flush_at_;
  if (!flush.id) {
    end(is_cut_short_ ? Status(Error{ErrorCode::unavailable, "the server is shutting down"})
                      : Status());
    return false;
  }
  sink_->on_flushed(*flush.id, totals_);
  return true;
}

void RecognitionStream::Core::listen() {
  while (!pipeline_.windows->empty()) {
    const media::SpeechEvent window = pipeline_.windows->pop();
    heard_ = window.head.pts + window.head.duration;
    // An utterance begins before the turn is sure of it.
    if (!is_open_) is_speaking_ = window.is_speech;
  }
  while (!pipeline_.turns->empty()) {
    const TurnEvent event = pipeline_.turns->pop();
    if (event.kind == TurnEvent::Kind::started) is_open_ = is_speaking_ = true;
    if (event.kind == TurnEvent::Kind::ended || event.kind == TurnEvent::Kind::cleared) {
      is_open_ = is_speaking_ = false;
    }
    if (labels_) labels_->hear(event, state_.audio);
    if (event.kind == TurnEvent::Kind::started) {
      speech_at_ = event.head.pts;
      ++totals_.utterances;
      sink_->on_speech_started(event.utterance.value, speech_at_ - silence_);
    } else if (event.kind == TurnEvent::Kind::ended) {
      ended_.push_back({speech_at_, event.speech_end, context_.clock.now()});
    }
  }
  if (!request_.is_live) {
    const bool is_long = is_open_ && heard_ - speech_at_ > kLongUtterance;
    state_.turn.silence =
        is_long ? std::min(request_.silence, kLongUtteranceSilence) : request_.silence;
  }
  while (!pipeline_.partials->empty()) tell_partial(pipeline_.partials->pop());
  // Before the final of the utterance that it is about.
  auto& errors = pipeline_.pipeline->errors();
  while (!errors.empty()) sink_->on_trouble(errors.pop().error);
  tell_finals();
  pipeline_.turn->trim();
  const MediaTime put_in = flushing_ ? given_ - std::min(flush_at_, given_) : MediaTime{};
  totals_.audio = given_ - silence_ - put_in;
}

void RecognitionStream::Core::tell_partial(media::Transcript transcript) {
  metrics_.partials.add();
  RecognizedText partial;
  partial.utterance = transcript.utterance.value;
  partial.begin = transcript.head.pts - silence_;
  partial.end = partial.begin + transcript.head.duration;
  partial.text = std::move(transcript.text);
  partial.stable_bytes = transcript.stable_bytes;
  partial.language = std::move(transcript.language);
  sink_->on_partial(partial);
}

/// The speaker of one is looked for since its last pause, as its words are.
void RecognitionStream::Core::tell_finals() {
  while (!pipeline_.finals->empty()) finals_.push_back(pipeline_.finals->pop());
  while (!finals_.empty()) {
    if (labels_ && !labels_->is_ready(finals_.front().utterance)) break;
    media::Transcript transcript = std::move(finals_.front());
    finals_.pop_front();
    tell_final(std::move(transcript));
  }
}

/// Words come in the order of their utterances.
void RecognitionStream::Core::tell_final(media::Transcript transcript) {
  const Ended ended = ended_.front();
  ended_.pop_front();
  metrics_.final_after(context_.clock.now() - ended.at);
  RecognizedText final;
  final.utterance = transcript.utterance.value;
  final.begin = ended.begin - silence_;
  final.end = (flushing_ ? std::min(ended.end, flush_at_) : ended.end) - silence_;
  final.text = std::move(transcript.text);
  final.stable_bytes = final.text.size();
  final.language = transcript.language.empty() ? request_.language : std::move(transcript.language);
  final.emotion = std::move(transcript.emotion);
  final.event = std::move(transcript.event);
  if (labels_) final.speaker = labels_->take(transcript.utterance);
  final.tokens = std::move(transcript.tokens);
  final.words = std::move(transcript.words);
  for (media::WordTime& word : final.words) {
    word.begin += transcript.head.pts - silence_;
    word.end += transcript.head.pts - silence_;
  }
  sink_->on_final(final);
}

void RecognitionStream::Core::end(Status status) {
  const std::shared_ptr<RecognitionSink> sink = std::exchange(sink_, nullptr);
  mailbox_.close();
  pipeline_.pipeline->close();
  labels_.reset();
  metrics_.ended(status, totals_.audio.nanos());
  tell_log(status);
  sink->on_end(status, totals_);
}

void RecognitionStream::Core::tell_log(const Status& status) const {
  const bool has_failed = !status && status.error().code != ErrorCode::cancelled;
  const auto ms = [](Nanos time) {
    return std::chrono::duration<double, std::milli>(time).count();
  };
  log::write(has_failed ? log::Level::warn : log::Level::info, "recognition",
             {{"request", request_.id},
              {"face", request_.face},
              {"code", status ? "ok" : to_string(status.error().code)},
              {"audio_ms", ms(totals_.audio.nanos())},
              {"utterances", totals_.utterances},
              {"ms", ms(context_.clock.now() - opened_)},
              {"why", status ? std::string() : status.error().message}});
}

}  // namespace parley::service
