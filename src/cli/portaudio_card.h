// SPDX-License-Identifier: Apache-2.0
//
// The sound card of this machine for operators of a graph, by PortAudio.
//
// Threads: `open_*` one owner at a time; callbacks PortAudio's own thread.
#pragma once

#include <memory>

#include "operators/device/audio_card.h"

namespace parley::cli {

class PortAudioCard final : public operators::AudioCard {
 public:
  /// Errors of both: unavailable (PortAudio does not start, no device of that name, it does not
  /// take that rate), with the names that there are.
  Result<std::unique_ptr<operators::CardStream>> open_capture(
      const operators::CardOptions& options, operators::CaptureCallback& callback) override;
  Result<std::unique_ptr<operators::CardStream>> open_playback(
      const operators::CardOptions& options, operators::PlaybackCallback& callback) override;
};

}  // namespace parley::cli
