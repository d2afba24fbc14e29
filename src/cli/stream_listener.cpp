// SPDX-License-Identifier: Apache-2.0
#include "cli/stream_listener.h"

#include <limits>
#include <optional>
#include <utility>

#include "cli/bench_clips.h"
#include "dsp/resampler.h"
#include "exec/slice_budget.h"
#include "model/asr_model.h"
#include "model/vad_model.h"

namespace parley::cli {
namespace {

// As a session of the server (service/realtime/session_core.cpp, agent/voice_agent.cpp).
constexpr int kFramesPerSlice = 32;
constexpr std::size_t kStepsPerSlice = 512;

constexpr std::uint64_t divide_up(std::uint64_t value, std::uint64_t by) {
  return (value + by - 1) / by;
}

/// Windows that the first `samples` samples complete, at the model's rate (dsp/resampler.cpp says
/// how many samples a resampler has given).
std::uint64_t windows_of(std::uint64_t samples, std::size_t latency) {
  if (samples <= latency) return 0;
  return divide_up((samples - latency) * model::kVadRate, kBenchRate) / model::kVadWindowSamples;
}

}  // namespace

bool NoRecognition::submit(std::shared_ptr<model::AsrCall> call) noexcept {
  call->finish();
  return true;
}

std::size_t NoRecognition::samples_max() const noexcept {
  return std::numeric_limits<std::size_t>::max();
}

/// Adds up how long each stage took: the time from the frame that went before to this one.
class StreamListener::StageTap final : public graph::Tap {
 public:
  explicit StageTap(StreamCounts& counts) : counts_(counts) {}

  void on_push(const graph::TapPoint& point, const media::FrameHeader& /*head*/,
               std::size_t /*type*/, Instant now) noexcept override {
    if (point.node == "decode") add(StreamCounts::decode, now);
    if (point.node == "resample") add(StreamCounts::resample, now);
    last_ = now;
  }
  void begin(Instant now) noexcept { last_ = now; }
  /// What is left of a run: the detector's and the turn operator's part.
  void end(Instant now) noexcept { add(StreamCounts::detect, now); }

 private:
  void add(StreamCounts::Stage stage, Instant now) noexcept {
    // A thread that lost its core in between says nothing about the stage.
    constexpr Nanos kPreempted = Micros(200);
    const Nanos took = now - last_;
    if (took > kPreempted || !counts_.measures(now)) return;
    counts_.stage_times[stage].nanos.fetch_add(took.count(), std::memory_order_relaxed);
    counts_.stage_times[stage].frames.fetch_add(1, std::memory_order_relaxed);
  }

  StreamCounts& counts_;
  Instant last_;
};

Result<std::unique_ptr<StreamListener>> StreamListener::open(const agent::ListeningContext& context,
                                                             exec::Executor& executor,
                                                             const agent::AgentSettings& settings,
                                                             StreamCounts& counts,
                                                             bool times_stages) {
  std::unique_ptr<StreamListener> stream(new StreamListener(context, executor, settings, counts));
  StreamListener& s = *stream;
  if (times_stages) {
    s.tap_ = std::make_unique<StageTap>(counts);
    s.context_.tap = s.tap_.get();
  }
  PARLEY_TRY(s.listening_,
             agent::make_listening_pipeline(s.context_, s.settings_, s.input_, s.strand_->waker()));
  s.inlet_ = &s.listening_.pipeline->inlet<media::EncodedAudio>("input");
  s.windows_ = &s.listening_.pipeline->outlet<media::SpeechEvent>("windows");
  s.turns_ = &s.listening_.pipeline->outlet<media::TurnEvent>("turns");
  s.transcripts_ = &s.listening_.pipeline->outlet<media::Transcript>("transcripts");
  PARLEY_TRY(const dsp::Resampler resampler, dsp::Resampler::make(kBenchRate, model::kVadRate));
  s.latency_ = resampler.latency();
  return stream;
}

StreamListener::StreamListener(const agent::ListeningContext& context, exec::Executor& executor,
                               const agent::AgentSettings& settings, StreamCounts& counts)
    : context_(context),
      settings_(settings),
      counts_(counts),
      strand_(exec::Strand::make(executor, *this)),
      mailbox_({.capacity = kStreamMailboxFrames, .when_full = exec::WhenFull::drop_oldest},
               strand_->waker()) {}

StreamListener::~StreamListener() {
  mailbox_.close();
  strand_->close();
}

bool StreamListener::push(media::BufferRef bytes, Instant due) {
  return mailbox_.push({std::move(bytes), due}) == exec::PushResult::accepted;
}

bool StreamListener::run_slice() noexcept {
  const exec::SliceBudget budget(context_.clock);
  if (tap_) tap_->begin(context_.clock.now());
  bool more = false;
  for (int taken = 0; !more && inlet_->has_room() && !pending_.full(); ++taken) {
    std::optional<Arrival> arrival = mailbox_.pop();
    if (!arrival) break;
    take(std::move(*arrival));
    more = taken == kFramesPerSlice || budget.spent();
  }
  more |= listening_.pipeline->run(kStepsPerSlice);
  drain();
  if (counts_.measures(context_.clock.now()))
    counts_.slices.fetch_add(1, std::memory_order_relaxed);
  return more;
}

void StreamListener::take(Arrival arrival) {
  samples_ += arrival.bytes.size() / sizeof(std::int16_t);
  pending_.push(Pending{.due = arrival.due, .windows = windows_of(samples_, latency_)});
  media::EncodedAudio audio;
  audio.codec = media::Codec::pcm16;
  audio.format = {.rate = kBenchRate, .channels = 1};
  audio.bytes = std::move(arrival.bytes);
  inlet_->push(std::move(audio));
  listening_.pipeline->run(kStepsPerSlice);  // at once, as agent/voice_agent.cpp does
  if (tap_) tap_->end(context_.clock.now());
}

void StreamListener::drain() {
  std::uint64_t heard = 0;
  for (; !windows_->empty(); ++heard) static_cast<void>(windows_->pop());
  windows_heard_ += heard;
  for (; !turns_->empty();) {
    const bool starts = turns_->pop().kind == media::TurnEvent::Kind::started;
    if (starts) counts_.turns.fetch_add(1, std::memory_order_relaxed);
  }
  while (!transcripts_->empty()) static_cast<void>(transcripts_->pop());
  for (auto& errors = listening_.pipeline->errors(); !errors.empty();) {
    static_cast<void>(errors.pop());
    counts_.errors.fetch_add(1, std::memory_order_relaxed);
  }
  listening_.turn->trim();

  const Instant now = context_.clock.now();
  if (counts_.measures(now)) counts_.windows.fetch_add(heard, std::memory_order_relaxed);
  while (!pending_.empty() && pending_.front().windows <= windows_heard_) {
    const Instant due = pending_.pop().due;
    if (counts_.measures(due)) counts_.delays.add(now - due);
  }
}

}  // namespace parley::cli
