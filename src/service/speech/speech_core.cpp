// SPDX-License-Identifier: Apache-2.0
#include "service/speech/speech_core.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/trace.h"
#include "base/utf8.h"
#include "service/speech/speech_service.h"

namespace parley::service {

namespace {

using media::MediaTime;

constexpr std::size_t kMailboxMax = 1024;  // commands
constexpr std::size_t kTextsMax = 896;     // of them; the rest is for the ends of texts
constexpr std::size_t kStepsPerLook = 32;
/// What an append that was refused waits for.
constexpr std::size_t kTextRoomBytes = SpeechStream::kTextWaitingBytesMax / 2;
/// Rounding to samples may put a chunk's begin a sample behind its audio's.
constexpr MediaTime kRounding = MediaTime::from_ms(1);
constexpr media::Turn kTurn{1};  // nobody interrupts: a stream is cancelled as a whole

}  // namespace

Result<std::unique_ptr<SpeechStream::Core>> SpeechStream::Core::make(Setup setup) {
  std::unique_ptr<Core> core(new Core(std::move(setup)));
  PARLEY_TRY(core->voice_, make_speech_pipeline(core->context_, core->request_, core->settings_,
                                                core->strand_->waker()));
  core->voice_.pipeline->set_turn(kTurn);
  return core;
}

SpeechStream::Core::Core(Setup setup)
    : context_(setup.context),
      request_(std::move(setup.request)),
      metrics_(setup.metrics),
      opened_(context_.clock.now()),
      strand_(exec::Strand::make(context_.executor, *this)),
      sink_(std::move(setup.sink)),
      on_close_(std::move(setup.on_close)),
      mailbox_({.capacity = kMailboxMax}, strand_->waker()) {
  settings_.voice = request_.voice;
  settings_.speed = request_.speed;
  settings_.seed = setup.seed;
  settings_.any_seed = setup.any_seed;
  settings_.qos = request_.qos;
  settings_.owner = request_.owner;
  // Bulk may wait; who is refused comes back sooner than it would be spoken.
  if (request_.qos == model::TtsQos::interactive) settings_.backlog_max = setup.backlog_max;
  metrics_.streams.add(1);
}

SpeechStream::Core::~Core() {
  close();
  metrics_.streams.add(-1);
}

void SpeechStream::Core::close() noexcept {
  strand_->close();
  if (std::exchange(closed_, true)) return;
  mailbox_.close();
  if (timer_ != 0) context_.timers.cancel(timer_);
  // No pipeline, if one could not be made.
  if (voice_.pipeline) voice_.pipeline->close();
  if (voice_.pipeline && sink_ != nullptr) {  // nobody waits for its end any more
    const Status cancelled = Error{ErrorCode::cancelled, "cancelled"};
    metrics_.ended(cancelled, context_.clock.now() - opened_, totals_.audio.nanos());
    tell_log(cancelled);
  }
  sink_.reset();
  if (on_close_) on_close_();
}

// --- the producer --------------------------------------------------------------------------------

AppendResult SpeechStream::Core::append(std::string text) {
  const std::size_t bytes = text.size();
  const auto is_full = [&] {
    return text_waiting_.load() + bytes > kTextWaitingBytesMax || mailbox_.size() >= kTextsMax;
  };
  if (is_full()) {
    room_wanted_.store(true);
    // The strand may have taken it all between the look and the flag.
    if (is_full()) return AppendResult::full;
    room_wanted_.store(false);
  }
  text_waiting_.fetch_add(bytes);
  switch (mailbox_.push(Text{std::move(text)})) {
    case exec::PushResult::accepted:
    case exec::PushResult::dropped_oldest:
      return AppendResult::taken;
    case exec::PushResult::full:
      text_waiting_.fetch_sub(bytes);
      room_wanted_.store(true);
      strand_->wake();
      return AppendResult::full;
    case exec::PushResult::closed:
      break;
  }
  return AppendResult::closed;
}

void SpeechStream::Core::flush(std::uint64_t id) {
  if (mailbox_.push(Flush{id}) == exec::PushResult::full) overrun();
}

void SpeechStream::Core::finish() {
  if (mailbox_.push(Finish{}) == exec::PushResult::full) overrun();
}

/// More ends of texts than there is room for, and `append` leaves some: whoever does that to a
/// stream has lost it.
void SpeechStream::Core::overrun() noexcept {
  overrun_.store(true, std::memory_order_release);
  strand_->wake();
}

void SpeechStream::Core::cancel() noexcept {
  cancelled_.store(true, std::memory_order_release);
  strand_->wake();
}

void SpeechStream::Core::resume() noexcept {
  resumed_.store(true, std::memory_order_release);
  strand_->wake();
}

// --- the strand ----------------------------------------------------------------------------------

bool SpeechStream::Core::run_slice() noexcept {
  if (sink_ == nullptr) return false;
  if (cancelled_.load(std::memory_order_acquire)) {
    end(Error{ErrorCode::cancelled, "cancelled"});
    return false;
  }
  if (overrun_.load(std::memory_order_acquire)) {
    end(Error{ErrorCode::resource_exhausted,
              "flush: more than " + std::to_string(kMailboxMax - kTextsMax) + " wait"});
    return false;
  }
  const exec::SliceBudget budget(context_.clock);
  take_commands();
  bool more = run_a_while();
  while (more && !has_first_sound() && !budget.spent()) more = run_a_while();
  give(budget);
  if (sink_ == nullptr) return false;
  if (auto& errors = voice_.pipeline->errors(); !errors.empty()) {
    end(errors.pop().error);
    return false;
  }
  // What was given out made room for more.
  return more || voice_.pipeline->run(kStepsPerLook) ||
         (voice_.text->has_room() && mailbox_.size() > 0);
}

/// The first sound leaves as soon as it is there, not when the operators have no more to do: what
/// was spoken before comes all at once, and to convert all of it takes a while.
bool SpeechStream::Core::run_a_while() {
  if (first_audio_) return voice_.pipeline->run(kStepsPerLook);
  bool more = true;
  for (std::size_t i = 0; i < kStepsPerLook && more && !has_first_sound(); ++i) {
    more = voice_.pipeline->run(1);
  }
  return more;
}

bool SpeechStream::Core::has_first_sound() const { return !first_audio_ && !voice_.audio->empty(); }

void SpeechStream::Core::take_commands() {
  while (voice_.text->has_room()) {
    std::optional<Command> command = mailbox_.pop();
    if (!command) break;
    media::TextDelta delta;
    delta.head.turn = kTurn;
    if (auto* text = std::get_if<Text>(&*command)) {
      text_waiting_.fetch_sub(text->bytes.size());
      const std::uint64_t characters = characters_in(text->bytes);
      totals_.characters += characters;
      metrics_.characters.add(characters);
      delta.text = std::move(text->bytes);
    } else {
      const auto* flush = std::get_if<Flush>(&*command);
      texts_.push_back(flush != nullptr ? std::optional(flush->id) : std::nullopt);
      delta.head.is_last = true;
    }
    voice_.text->push(std::move(delta));
    run_a_while();
  }
  if (text_waiting_.load() <= kTextRoomBytes && mailbox_.size() <= kTextsMax / 2 &&
      room_wanted_.exchange(false)) {
    sink_->on_room();
  }
}

void SpeechStream::Core::give(const exec::SliceBudget& budget) {
  if (resumed_.exchange(false, std::memory_order_acq_rel)) waits_since_.reset();
  if (waits_since_) {
    const Instant limit = *waits_since_ + request_.reader_timeout;
    if (context_.clock.now() < limit) return wake_at(limit);
    metrics_.slow_readers.add();
    return end(Error{ErrorCode::deadline_exceeded,
                     "the reader took no audio for " +
                         std::to_string(request_.reader_timeout.count() / 1000) + " s"});
  }
  while (sink_ != nullptr && !waits_since_ && !budget.spent()) {
    while (!voice_.spoken->empty()) chunks_.push_back(voice_.spoken->pop());
    if (voice_.audio->empty()) return;
    if (const Nanos wait = early(); wait > Nanos::zero()) {
      return wake_at(context_.clock.now() + wait);
    }
    media::AudioFrame frame = voice_.audio->pop();
    const bool is_last = frame.head.is_last;
    if (frame.samples.size() > 0) give_audio(std::move(frame));
    if (is_last && sink_ != nullptr) end_text();
    if (voice_.audio->empty()) voice_.pipeline->run(kStepsPerLook);
  }
  if (sink_ != nullptr && !waits_since_ && !voice_.audio->empty()) strand_->wake();
}

void SpeechStream::Core::give_audio(media::AudioFrame frame) {
  if (!first_audio_) {
    first_audio_ = context_.clock.now();
    metrics_.first_audio_after(*first_audio_ - opened_);
  }
  // A resampler holds a few milliseconds back: a frame may begin in a chunk and be the next one's.
  const MediaTime end = frame.head.pts + frame.head.duration;
  tell_chunks(std::max(frame.head.pts, end - kRounding - kRounding));
  SpeechAudio audio;
  audio.chunk = chunk_count_ == 0 ? 0 : chunk_count_ - 1;
  audio.begin = totals_.audio;
  audio.rate = frame.format.rate;
  audio.samples = std::move(frame.samples);
  totals_.audio = frame.head.pts + frame.head.duration;
  PARLEY_HOP();
  if (sink_->on_audio(std::move(audio)) == SpeechFlow::more) return;
  waits_since_ = context_.clock.now();
  wake_at(*waits_since_ + request_.reader_timeout);
}

/// Those that begin before `until` or with it.
void SpeechStream::Core::tell_chunks(MediaTime until) {
  while (!chunks_.empty() && chunks_.front().head.pts <= until + kRounding) {
    media::TextDelta delta = std::move(chunks_.front());
    chunks_.pop_front();
    SpeechChunk chunk;
    chunk.index = chunk_count_++;
    chunk.begin = delta.head.pts;
    chunk.written = std::move(delta.text);
    chunk.spoken = std::move(delta.spoken);
    chunk.words = std::move(delta.words);
    chunk.phonemes = std::move(delta.phonemes);
    sink_->on_chunk(chunk);
  }
}

void SpeechStream::Core::end_text() {
  tell_chunks(totals_.audio);
  // The last clause may have failed in the same slice: its text is over, and was not spoken.
  if (auto& errors = voice_.pipeline->errors(); !errors.empty()) return end(errors.pop().error);
  const std::optional<std::uint64_t> flushed = texts_.front();
  texts_.pop_front();
  if (flushed) {
    sink_->on_flushed(*flushed);
  } else {
    end({});
  }
}

void SpeechStream::Core::end(Status status) {
  const std::shared_ptr<SpeechSink> sink = std::exchange(sink_, nullptr);
  mailbox_.close();
  voice_.pipeline->close();
  if (!status && status.error().code == ErrorCode::resource_exhausted) {
    totals_.retry_seconds = retry_seconds(context_.tts.backlog());
    status = Error{status.error().code, status.error().message + ": try again in " +
                                            std::to_string(totals_.retry_seconds) + " s"};
  }
  const bool is_refused = totals_.retry_seconds > 0 && !first_audio_;
  if (is_refused) metrics_.refused.add();
  if (!is_refused) metrics_.ended(status, context_.clock.now() - opened_, totals_.audio.nanos());
  tell_log(status);
  sink->on_end(status, totals_);
}

/// One line for each text, whichever way it came.
void SpeechStream::Core::tell_log(const Status& status) const {
  const bool has_failed = !status && status.error().code != ErrorCode::cancelled;
  const auto ms = [](Nanos time) {
    return std::chrono::duration<double, std::milli>(time).count();
  };
  const double first = first_audio_ ? ms(*first_audio_ - opened_) : -1.0;
  log::write(has_failed ? log::Level::warn : log::Level::info, "speech",
             {{"request", request_.id},
              {"face", request_.face},
              {"code", status ? "ok" : to_string(status.error().code)},
              {"characters", totals_.characters},
              {"first_audio_ms", first},
              {"audio_ms", ms(totals_.audio.nanos())},
              {"ms", ms(context_.clock.now() - opened_)},
              {"why", status ? std::string() : status.error().message}});
}

Nanos SpeechStream::Core::early() const {
  if (request_.lead == Millis::zero() || !first_audio_) return Nanos::zero();
  return (*first_audio_ + totals_.audio.nanos() - request_.lead) - context_.clock.now();
}

void SpeechStream::Core::wake_at(Instant at) {
  if (timer_ != 0) context_.timers.cancel(timer_);
  timer_ = context_.timers.schedule(at, strand_->waker());
}

}  // namespace parley::service
