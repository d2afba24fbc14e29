// SPDX-License-Identifier: Apache-2.0
#include "cli/hear_recording.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "codec/audio_codec.h"
#include "exec/parker.h"
#include "exec/strand.h"
#include "model/asr_model.h"
#include "model/vad_model.h"
#include "operators/turn/input_buffer.h"

namespace parley::cli {

namespace {

using media::MediaTime;
using media::TurnEvent;

constexpr std::size_t kStepsPerSlice = 512;
constexpr std::size_t kWindow = model::kVadWindowSamples;
// Audio on its way to the detector: little, so that what waits behind it is bounded too.
constexpr std::size_t kWindowsPerFrame = 4;
constexpr std::size_t kWindowsAheadMax = 32;
// Ended utterances without their text. Recognition is slower than detection and gives up on more
// than operators::kUtterancesWaitingMax; a second of audio cannot hold that many further ones.
constexpr std::size_t kUtterancesWaitingMax = 3;
// Silence beyond the one that ends a turn: the detector needs a few windows to believe in it.
constexpr Millis kSilenceMargin{1000};

/// The strand of one recording.
class Listening final : public exec::StrandBody {
 public:
  Listening(const agent::ListeningContext& context, agent::AgentSettings settings,
            std::span<const float> samples)
      : context_(context), settings_(std::move(settings)), samples_(samples) {
    settings_.turn.early_recognition = settings_.turn.silence;  // nobody waits for the text
    const auto silence =
        static_cast<std::size_t>((settings_.turn.silence + kSilenceMargin).count()) *
        (model::kVadRate / 1000);
    windows_total_ = (samples_.size() + silence + kWindow - 1) / kWindow;
    // Noise reduction holds less than a window back; one more pushes it out.
    if (settings_.noise.suppress_db > 0) windows_behind_ = 1;
  }

  Status open(const exec::Waker& waker) {
    PARLEY_TRY(listening_, agent::make_listening_pipeline(context_, settings_, input_, waker));
    return {};
  }
  bool run_slice() noexcept override;

  /// Sleeps until the recording is heard or something failed.
  void wait() { finished_.park(); }
  /// After `wait`, with the strand closed.
  Result<std::vector<HeardUtterance>> take() {
    if (failed_) return error_;
    return std::move(utterances_);
  }
  void close() { listening_.pipeline->close(); }

 private:
  bool feed();
  void drain();
  void finish() {
    is_finished_ = true;
    finished_.unpark();
  }

  const agent::ListeningContext context_;
  agent::AgentSettings settings_;
  const std::span<const float> samples_;
  std::size_t windows_total_ = 0;   // with the silence at the end
  std::size_t windows_behind_ = 0;  // beyond it
  operators::InputBuffer input_;
  agent::ListeningPipeline listening_;

  std::size_t windows_fed_ = 0;
  std::size_t windows_heard_ = 0;
  std::size_t texts_ = 0;  // of utterances_, how many have their text
  MediaTime speech_begin_;
  std::vector<HeardUtterance> utterances_;
  bool failed_ = false;
  Error error_;
  bool is_finished_ = false;
  exec::Parker finished_;
};

bool Listening::run_slice() noexcept {
  if (is_finished_) return false;
  const bool fed = feed();
  const bool more = listening_.pipeline->run(kStepsPerSlice);
  drain();
  if (failed_) {
    finish();
    return false;
  }
  if (windows_heard_ >= windows_total_ && !more) {
    // Noise at the very end may keep a turn open beyond the silence.
    if (listening_.turn->buffered() > MediaTime{}) {
      listening_.turn->commit();
      return true;
    }
    if (texts_ == utterances_.size()) finish();
    return false;
  }
  return fed || more;
}

bool Listening::feed() {
  bool any = false;
  auto& inlet = listening_.pipeline->inlet<media::EncodedAudio>("input");
  const std::size_t total = windows_total_ + windows_behind_;
  while (windows_fed_ < total && windows_fed_ - windows_heard_ < kWindowsAheadMax &&
         utterances_.size() - texts_ <= kUtterancesWaitingMax && inlet.has_room()) {
    const std::size_t windows = std::min(kWindowsPerFrame, total - windows_fed_);
    const std::size_t begin = std::min(windows_fed_ * kWindow, samples_.size());
    const std::size_t count = std::min(windows * kWindow, samples_.size() - begin);
    media::EncodedAudio audio;
    audio.codec = media::Codec::pcm16;
    audio.format = {.rate = model::kAsrRate, .channels = 1};
    audio.bytes = context_.buffers.take(windows * kWindow * sizeof(std::int16_t));
    const std::span<std::byte> bytes = audio.bytes.writable();
    codec::encode(audio.codec, samples_.subspan(begin, count),
                  bytes.first(count * sizeof(std::int16_t)));
    std::ranges::fill(bytes.subspan(count * sizeof(std::int16_t)), std::byte{0});
    inlet.push(std::move(audio));
    windows_fed_ += windows;
    any = true;
  }
  return any;
}

void Listening::drain() {
  auto& windows = listening_.pipeline->outlet<media::SpeechEvent>("windows");
  auto& turns = listening_.pipeline->outlet<TurnEvent>("turns");
  auto& transcripts = listening_.pipeline->outlet<media::Transcript>("transcripts");
  auto& errors = listening_.pipeline->errors();
  for (; !windows.empty(); ++windows_heard_) static_cast<void>(windows.pop());
  while (!turns.empty()) {
    const TurnEvent event = turns.pop();
    if (event.kind == TurnEvent::Kind::started) speech_begin_ = event.head.pts;
    if (event.kind == TurnEvent::Kind::ended) {
      utterances_.push_back({.begin = speech_begin_, .end = event.speech_end, .text = {}});
    }
  }
  // Texts come in the order of their utterances.
  while (!transcripts.empty()) {
    media::Transcript transcript = transcripts.pop();
    HeardUtterance& utterance = utterances_[texts_++];
    utterance.text = std::move(transcript.text);
    utterance.words = std::move(transcript.words);
    for (media::WordTime& word : utterance.words) {
      word.begin += transcript.head.pts;
      word.end += transcript.head.pts;
    }
  }
  while (!errors.empty()) {
    const media::ErrorEvent event = errors.pop();
    if (!failed_) error_ = event.error.with_context(event.node);
    failed_ = true;
  }
  listening_.turn->trim();
}

}  // namespace

Result<std::vector<HeardUtterance>> hear_recording(const agent::ListeningContext& context,
                                                   exec::Executor& executor,
                                                   const agent::AgentSettings& settings,
                                                   std::span<const float> samples) {
  Listening listening(context, settings, samples);
  const std::shared_ptr<exec::Strand> strand = exec::Strand::make(executor, listening);
  PARLEY_TRY_STATUS(listening.open(strand->waker()));
  strand->wake();
  listening.wait();
  strand->close();
  listening.close();
  return listening.take();
}

std::string joined_text(std::span<const HeardUtterance> utterances) {
  std::string text;
  for (const HeardUtterance& one : utterances) {
    if (!text.empty() && !one.text.empty()) text += ' ';
    text += one.text;
  }
  return text;
}

}  // namespace parley::cli
