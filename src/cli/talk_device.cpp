// SPDX-License-Identifier: Apache-2.0
#include "cli/talk_device.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <string>
#include <utility>

#include <portaudio.h>

#include "cli/quiet_errors.h"
#include "exec/spsc_ring.h"

namespace parley::cli {
namespace {

constexpr std::size_t kRingSamples = kTalkRate;  // a second each way
constexpr unsigned long kCardFrames = kTalkFrameSamples / 2;
constexpr Millis kPoll{10};  // half a frame: how late the agent may hear

Error no_device(const std::string& why) {
  return {ErrorCode::unavailable,
          "no microphone and speaker (" + why +
              "): connect a headset, or talk with files: --in question.wav --out answer.wav"};
}

}  // namespace

struct TalkDevice::Card {
  ~Card() {
    if (stream != nullptr) {
      Pa_AbortStream(stream);
      Pa_CloseStream(stream);
    }
    if (initialised) Pa_Terminate();
  }

  static int on_audio(const void* input, void* output, unsigned long frames,
                      const PaStreamCallbackTimeInfo*, PaStreamCallbackFlags, void* user) {
    static_cast<Card*>(user)->exchange(static_cast<const std::int16_t*>(input),
                                       static_cast<std::int16_t*>(output), frames);
    return paContinue;
  }
  /// Threads: the sound card's. Does not block and does not allocate.
  void exchange(const std::int16_t* input, std::int16_t* output, unsigned long frames) {
    for (unsigned long i = 0; input != nullptr && i < frames; ++i) {
      if (!microphone.try_push(std::int16_t{input[i]})) overruns.fetch_add(1);
    }
    if (silenced.exchange(false)) {
      while (speaker.try_pop()) {
      }
    }
    for (unsigned long i = 0; i < frames; ++i) {
      const std::optional<std::int16_t> sample = speaker.try_pop();
      output[i] = sample.value_or(0);
      if (sample) played.fetch_add(1, std::memory_order_relaxed);
    }
  }

  bool initialised = false;
  PaStream* stream = nullptr;
  exec::SpscRing<std::int16_t> microphone{kRingSamples};
  exec::SpscRing<std::int16_t> speaker{kRingSamples};
  std::deque<std::int16_t> waiting;   // strand: what the ring had no room for yet
  std::atomic<bool> silenced{false};  // what is in the speaker's ring is not wanted any more
  std::atomic<std::int64_t> played{0};
  std::atomic<std::uint64_t> overruns{0};
  std::int64_t given = 0;        // strand: samples of all replies
  std::int64_t reply_begin = 0;  // strand: `given` when the current reply began
};

TalkDevice::TalkDevice(std::unique_ptr<Card> card) : card_(std::move(card)) {}
TalkDevice::~TalkDevice() = default;

Result<std::unique_ptr<TalkDevice>> TalkDevice::open() {
  auto card = std::make_unique<Card>();
  const QuietErrors quiet;
  PaError failure = Pa_Initialize();
  if (failure != paNoError) return no_device(Pa_GetErrorText(failure));
  card->initialised = true;
  if (Pa_GetDefaultInputDevice() == paNoDevice) return no_device("there is no microphone");
  if (Pa_GetDefaultOutputDevice() == paNoDevice) return no_device("there is no speaker");
  failure = Pa_OpenDefaultStream(&card->stream, 1, 1, paInt16, kTalkRate, kCardFrames,
                                 &Card::on_audio, card.get());
  if (failure == paNoError) failure = Pa_StartStream(card->stream);
  if (failure != paNoError) return no_device(Pa_GetErrorText(failure));
  return std::unique_ptr<TalkDevice>(new TalkDevice(std::move(card)));
}

bool TalkDevice::read(std::span<std::int16_t> frame) {
  // Also the moment to hand on what the speaker had no room for.
  while (!card_->waiting.empty()) {
    if (!card_->speaker.try_push(std::int16_t{card_->waiting.front()})) break;
    card_->waiting.pop_front();
  }
  if (card_->microphone.size() < frame.size()) return false;
  for (std::int16_t& sample : frame) sample = card_->microphone.try_pop().value_or(0);
  return true;
}

Instant TalkDevice::next_frame(Instant now) const { return now + kPoll; }

void TalkDevice::begin_reply() { card_->reply_begin = card_->given; }

void TalkDevice::play(std::span<const std::int16_t> samples) {
  card_->given += static_cast<std::int64_t>(samples.size());
  card_->waiting.insert(card_->waiting.end(), samples.begin(), samples.end());
}

std::int64_t TalkDevice::stop_playing() {
  const std::int64_t heard = std::max<std::int64_t>(0, card_->played.load() - card_->reply_begin);
  card_->silenced.store(true);
  card_->waiting.clear();
  card_->given = card_->played.load();
  return heard;
}

std::uint64_t TalkDevice::overruns() const { return card_->overruns.load(); }

}  // namespace parley::cli
