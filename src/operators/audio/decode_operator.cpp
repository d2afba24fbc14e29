// SPDX-License-Identifier: Apache-2.0
#include "operators/audio/decode_operator.h"

#include <utility>

#include "codec/audio_codec.h"
#include "media/copy_count.h"

namespace parley::operators {

using graph::Progress;
using media::MediaTime;

Result<Progress> DecodeOperator::process(graph::ProcessContext&) {
  while (input_.peek() != nullptr) {
    if (!audio_.has_room()) return Progress::blocked;
    const media::EncodedAudio encoded = input_.pop();
    const std::size_t count = codec::sample_count(encoded.codec, encoded.bytes.size());
    if (count == 0) continue;
    media::AudioFrame frame;
    frame.format = encoded.format;
    frame.samples = buffers_.take_floats(count);
    codec::decode(encoded.codec, encoded.bytes.bytes(), frame.samples.writable_floats());
    media::note_copied(frame.samples.size());
    frame.head.pts = clock_;
    frame.head.duration =
        MediaTime::from_samples(static_cast<std::int64_t>(count), encoded.format.rate);
    frame.head.sequence = sequence_++;
    clock_ += frame.head.duration;
    audio_.push(std::move(frame));
  }
  return Progress::need_input;
}

}  // namespace parley::operators
