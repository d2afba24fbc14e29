// SPDX-License-Identifier: Apache-2.0
//
// The sound cards of this machine, by PortAudio.
//
// Threads: main; PortAudio is started and ended again.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace parley::cli {

struct AudioDevices {
  std::vector<std::string> microphones;
  std::vector<std::string> speakers;
  std::string default_microphone;  // empty: none
  std::string default_speaker;
};

/// Errors: unavailable (PortAudio does not start).
[[nodiscard]] Result<AudioDevices> find_audio_devices();

}  // namespace parley::cli
