// SPDX-License-Identifier: Apache-2.0
//
// What a block of samples is: rate and channels. Samples inside Parley are float32 in [-1, 1],
// planar (channel after channel). Threads: value type.
#pragma once

namespace parley::media {

struct AudioFormat {
  int rate = 16'000;  // Hz: 8000, 16000, 22050, 24000, 32000, 44100 or 48000
  int channels = 1;

  friend bool operator==(const AudioFormat&, const AudioFormat&) = default;
};

}  // namespace parley::media
