// SPDX-License-Identifier: Apache-2.0
//
// What capture and playback want of a sound card, so that tests can be one.
//
// The card calls back on a thread of its own, which must not be kept waiting: implementations of
// the callbacks neither block nor allocate.
//
// Threads: open and destruction one owner; callbacks the card's thread.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace parley::operators {

class CaptureCallback {
 public:
  virtual ~CaptureCallback() = default;
  /// What the microphone heard since the last call; mono, in [-1, 1].
  virtual void on_captured(std::span<const float> samples) noexcept = 0;
};

class PlaybackCallback {
 public:
  virtual ~PlaybackCallback() = default;
  /// Fill all of `samples`: they go to the loudspeaker next.
  virtual void on_wanted(std::span<float> samples) noexcept = 0;
};

/// A running stream. Its destruction stops it; afterwards there are no more callbacks.
class CardStream {
 public:
  virtual ~CardStream() = default;
};

struct CardOptions {
  std::string device = {};  // part of its name; empty: the default
  int rate_hz = 16'000;
  std::size_t block_samples = 160;  // wish for the size of a callback
};

class AudioCard {
 public:
  virtual ~AudioCard() = default;
  /// Errors: unavailable (no such device, or it is in use), with what to do. `callback` outlives
  /// the stream.
  virtual Result<std::unique_ptr<CardStream>> open_capture(const CardOptions& options,
                                                           CaptureCallback& callback) = 0;
  virtual Result<std::unique_ptr<CardStream>> open_playback(const CardOptions& options,
                                                            PlaybackCallback& callback) = 0;
};

}  // namespace parley::operators
