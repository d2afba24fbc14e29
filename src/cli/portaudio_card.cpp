// SPDX-License-Identifier: Apache-2.0
#include "cli/portaudio_card.h"

#include <span>
#include <string>
#include <utility>

#include <portaudio.h>

#include "cli/quiet_errors.h"

namespace parley::cli {
namespace {

using operators::CardOptions;
using operators::CardStream;

/// PortAudio counts its own starts and ends.
class Started {
 public:
  Started() : failure_(Pa_Initialize()) {}
  ~Started() {
    if (failure_ == paNoError) Pa_Terminate();
  }
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;
  [[nodiscard]] PaError failure() const { return failure_; }

 private:
  const PaError failure_;
};

/// One direction. `Callback` says which.
template <typename Callback>
class Stream final : public CardStream {
 public:
  explicit Stream(Callback& callback) : callback_(callback) {}
  ~Stream() override {
    if (stream_ == nullptr) return;
    Pa_AbortStream(stream_);
    Pa_CloseStream(stream_);
  }

  static int on_audio(const void* input, void* output, unsigned long frames,
                      const PaStreamCallbackTimeInfo*, PaStreamCallbackFlags, void* user) {
    Callback& callback = static_cast<Stream*>(user)->callback_;
    if constexpr (std::is_same_v<Callback, operators::CaptureCallback>) {
      if (input != nullptr) callback.on_captured({static_cast<const float*>(input), frames});
    } else {
      callback.on_wanted({static_cast<float*>(output), frames});
    }
    return paContinue;
  }

  Started started;
  PaStream* stream_ = nullptr;

 private:
  Callback& callback_;
};

int channels_of(const PaDeviceInfo& info, bool captures) {
  return captures ? info.maxInputChannels : info.maxOutputChannels;
}

/// The first device with `name` in its name, or the default one.
Result<PaDeviceIndex> find_device(const std::string& name, bool captures) {
  const char* const what = captures ? "microphone" : "loudspeaker";
  if (name.empty()) {
    const PaDeviceIndex index = captures ? Pa_GetDefaultInputDevice() : Pa_GetDefaultOutputDevice();
    if (index != paNoDevice) return index;
    return Error{ErrorCode::unavailable, std::string("there is no ") + what};
  }
  std::string names;
  for (PaDeviceIndex index = 0; index < Pa_GetDeviceCount(); ++index) {
    const PaDeviceInfo& info = *Pa_GetDeviceInfo(index);
    if (channels_of(info, captures) < 1) continue;
    if (std::string(info.name).find(name) != std::string::npos) return index;
    names += (names.empty() ? "" : ", ") + std::string("'") + info.name + "'";
  }
  return Error{ErrorCode::unavailable, std::string("there is no ") + what + " '" + name + "'" +
                                           (names.empty() ? "" : "; there are " + names)};
}

template <typename Callback>
Result<std::unique_ptr<CardStream>> open(const CardOptions& options, Callback& callback) {
  constexpr bool kCaptures = std::is_same_v<Callback, operators::CaptureCallback>;
  const QuietErrors quiet;
  auto made = std::make_unique<Stream<Callback>>(callback);
  if (made->started.failure() != paNoError) {
    return Error{ErrorCode::unavailable,
                 std::string("PortAudio: ") + Pa_GetErrorText(made->started.failure())};
  }
  PARLEY_TRY(const PaDeviceIndex device, find_device(options.device, kCaptures));
  const PaDeviceInfo& info = *Pa_GetDeviceInfo(device);
  PaStreamParameters parameters{};
  parameters.device = device;
  parameters.channelCount = 1;
  parameters.sampleFormat = paFloat32;
  parameters.suggestedLatency =
      kCaptures ? info.defaultLowInputLatency : info.defaultLowOutputLatency;
  PaError failure = Pa_OpenStream(
      &made->stream_, kCaptures ? &parameters : nullptr, kCaptures ? nullptr : &parameters,
      options.rate_hz, options.block_samples, paNoFlag, &Stream<Callback>::on_audio, made.get());
  if (failure == paNoError) failure = Pa_StartStream(made->stream_);
  if (failure != paNoError) {
    return Error{ErrorCode::unavailable, std::string("'") + info.name + "' at " +
                                             std::to_string(options.rate_hz) +
                                             " Hz: " + Pa_GetErrorText(failure)};
  }
  return std::unique_ptr<CardStream>(std::move(made));
}

}  // namespace

Result<std::unique_ptr<CardStream>> PortAudioCard::open_capture(
    const CardOptions& options, operators::CaptureCallback& callback) {
  return open(options, callback);
}

Result<std::unique_ptr<CardStream>> PortAudioCard::open_playback(
    const CardOptions& options, operators::PlaybackCallback& callback) {
  return open(options, callback);
}

}  // namespace parley::cli
