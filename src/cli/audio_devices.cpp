// SPDX-License-Identifier: Apache-2.0
#include "cli/audio_devices.h"

#include <portaudio.h>

#include "cli/quiet_errors.h"

namespace parley::cli {
namespace {

std::string name_of(PaDeviceIndex index) {
  const PaDeviceInfo* const info = index == paNoDevice ? nullptr : Pa_GetDeviceInfo(index);
  return info == nullptr ? "" : info->name;
}

}  // namespace

Result<AudioDevices> find_audio_devices() {
  const QuietErrors quiet;
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
