// SPDX-License-Identifier: Apache-2.0
#include "cli/audio_devices.h"

#include <fcntl.h>
#include <portaudio.h>
#include <unistd.h>

namespace parley::cli {
namespace {

/// ALSA writes a page to standard error for each device that it does not find.
class SilentErrors {
 public:
  SilentErrors() : kept_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0) return;
    ::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
  }
  ~SilentErrors() {
    if (kept_ < 0) return;
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
  }
  SilentErrors(const SilentErrors&) = delete;
  SilentErrors& operator=(const SilentErrors&) = delete;

 private:
  int kept_;
};

std::string name_of(PaDeviceIndex index) {
  const PaDeviceInfo* const info = index == paNoDevice ? nullptr : Pa_GetDeviceInfo(index);
  return info == nullptr ? "" : info->name;
}

}  // namespace

Result<AudioDevices> find_audio_devices() {
  const SilentErrors silent;
  if (const PaError error = Pa_Initialize(); error != paNoError) {
    return Error{ErrorCode::unavailable, std::string("PortAudio: ") + Pa_GetErrorText(error)};
  }
  AudioDevices devices;
  for (PaDeviceIndex index = 0; index < Pa_GetDeviceCount(); ++index) {
    const PaDeviceInfo& info = *Pa_GetDeviceInfo(index);
    if (info.maxInputChannels > 0) devices.microphones.emplace_back(info.name);
    if (info.maxOutputChannels > 0) devices.speakers.emplace_back(info.name);
  }
  devices.default_microphone = name_of(Pa_GetDefaultInputDevice());
  devices.default_speaker = name_of(Pa_GetDefaultOutputDevice());
  Pa_Terminate();
  return devices;
}

}  // namespace parley::cli
