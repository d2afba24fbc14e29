// SPDX-License-Identifier: Apache-2.0
#include "cli/talk_session.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "cli/talk_lines.h"

namespace parley::cli {
namespace {

using media::MediaTime;

// More silence than the turn needs: the detector takes a few windows to believe in it.
constexpr Millis kSilenceMargin{1000};
// Frames in one slice: a file must not keep the strand from everything else.
constexpr int kFramesPerSlice = 16;
// What is fed ahead of the detector: a file would else be far ahead of what it is answered.
constexpr MediaTime kUnheardMax = MediaTime::from_ms(200);
// Two of the detector's windows and the resampler's latency: what it cannot judge without more.
constexpr MediaTime kUnheardRest = MediaTime::from_ms(70);
constexpr MediaTime kCommitMin = MediaTime::from_ms(100);

}  // namespace

/// Turns what the agent says into lines and samples. Threads: strand.
class TalkSession::Listener final : public TalkLines {
 public:
  Listener(TalkPrinter print, const TalkOptions& options, TalkAudio& audio)
      : TalkLines(std::move(print), options.json), audio_(audio), interrupts_(options.interrupts) {}

  void speech_started(std::string_view item_id, media::MediaTime audio_start) override {
    TalkLines::speech_started(item_id, audio_start);
    // Also when the reply is over for the agent: what it has made may still be playing.
    if (!interrupts_ || item_id_.empty()) return;
    cut_ =
        Cut{std::exchange(item_id_, {}), MediaTime::from_samples(audio_.stop_playing(), kTalkRate)};
  }
  void response_created(const agent::Response& response) override {
    TalkLines::response_created(response);
    item_id_.clear();
    audio_.begin_reply();
  }
  void audio_delta(const agent::OutputRef& at, const media::EncodedAudio& audio) override {
    item_id_ = at.item.id;
    samples_.resize(audio.bytes.size() / sizeof(std::int16_t));
    std::memcpy(samples_.data(), audio.bytes.bytes().data(), samples_.size() * sizeof(samples_[0]));
    audio_.play(samples_);
  }
  struct Cut {
    std::string item_id;
    MediaTime heard;
  };
  /// What was playing has been cut, and the agent has not been told yet how much of it was heard.
  [[nodiscard]] std::optional<Cut> take_cut() { return std::exchange(cut_, std::nullopt); }

 private:
  TalkAudio& audio_;
  const bool interrupts_;
  std::vector<std::int16_t> samples_;
  std::string item_id_;
  std::optional<Cut> cut_;
};

Result<std::unique_ptr<TalkSession>> TalkSession::start(const agent::AgentContext& context,
                                                        exec::Executor& executor,
                                                        const agent::AgentSettings& settings,
                                                        const TalkOptions& options,
                                                        TalkAudio& audio, TalkPrinter print) {
  std::unique_ptr<TalkSession> session(
      new TalkSession(context, executor, settings, options, audio, std::move(print)));
  PARLEY_TRY(session->agent_,
             agent::VoiceAgent::make(session->context_, session->settings_, *session->listener_,
                                     session->strand_->waker(), options.seed));
  session->listener_->session_started(context.llm.name(), context.llm.is_demonstration());
  session->strand_->wake();
  return session;
}

TalkSession::TalkSession(const agent::AgentContext& context, exec::Executor& executor,
                         const agent::AgentSettings& settings, const TalkOptions& options,
                         TalkAudio& audio, TalkPrinter print)
    : context_(context),
      settings_(settings),
      options_(options),
      audio_(audio),
      listener_(std::make_unique<Listener>(std::move(print), options, audio)),
      strand_(exec::Strand::make(executor, *this)) {
  context_.tap = this;
  settings_.transcription = true;
  settings_.turn.interrupt_response = options.interrupts;
  const Millis silence = settings_.turn.silence + kSilenceMargin;
  silence_left_ = static_cast<std::size_t>(silence.count()) * (kTalkRate / 1000);
}

TalkSession::~TalkSession() {
  strand_->close();
  context_.timers.cancel(timer_);
}

bool TalkSession::has_failed() const { return listener_->has_failed(); }

bool TalkSession::run_slice() noexcept {
  if (finished_once_) return false;
  bool more = agent_->run();
  if (const auto cut = listener_->take_cut()) {
    const agent::Item* const item = agent_->conversation().find(cut->item_id);
    // A truncated item loses its transcript: not for a reply that was heard to its end.
    if (item != nullptr && !item->content.empty() &&
        cut->heard < item->content.back().audio.duration()) {
      agent_->truncate_item(cut->item_id, item->content.size() - 1, cut->heard);
    }
  }
  more |= feed();
  end_if_over(more);
  return more && !finished_once_;
}

void TalkSession::on_push(const graph::TapPoint& point, const media::FrameHeader& head, std::size_t,
                          Instant) noexcept {
  if (point.node == "vad") heard_ = head.pts + head.duration;
}

bool TalkSession::feed() {
  std::array<std::int16_t, kTalkFrameSamples> frame{};
  for (int frames = 0; frames < kFramesPerSlice && agent_->can_append(); ++frames) {
    if (unheard() > kUnheardMax) return false;  // the detector wakes the strand
    // Without interruptions a reply is waited for: its end, not the file's speed, is the pace.
    if (!options_.interrupts && !agent_->idle()) return false;
    if (!audio_.read(frame)) {
      if (!audio_.at_end() || silence_left_ == 0) {
        const Instant next = audio_.next_frame(context_.clock.now());
        context_.timers.cancel(timer_);
        if (next != Instant::never()) timer_ = context_.timers.schedule(next, strand_->waker());
        return false;
      }
      frame.fill(0);
      silence_left_ -= std::min(silence_left_, frame.size());
    }
    media::BufferRef bytes = context_.buffers.take(sizeof frame);
    std::memcpy(bytes.writable().data(), frame.data(), sizeof frame);
    agent_->append_audio(std::move(bytes));
    fed_ += MediaTime::from_samples(kTalkFrameSamples, kTalkRate);
  }
  return agent_->can_append();
}

void TalkSession::end_if_over(bool more) {
  if (more || !audio_.at_end() || silence_left_ > 0 || !agent_->idle()) return;
  if (unheard() > kUnheardRest) return;
  // Noise at the very end may keep a turn open beyond the silence.
  if (agent_->buffered() >= kCommitMin) {
    agent_->commit();
    agent_->create_response({});
    strand_->wake();
    return;
  }
  finished_once_ = true;
  finished_.unpark();
}

}  // namespace parley::cli
