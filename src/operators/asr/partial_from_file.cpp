// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/partial_from_file.h"

#include <algorithm>

namespace parley::operators {

using media::MediaTime;

Result<graph::Progress> PartialFromFile::process(graph::ProcessContext& context) {
  while (audio_.peek() != nullptr) {
    const media::AudioFrame frame = audio_.pop();
    buffer.append(frame.head.pts, frame.samples.floats());
  }
  Result<graph::Progress> progress = PartialOperator::process(context);
  const MediaTime keep = MediaTime::from_ms(options.keep.count());
  const MediaTime wanted = wanted_from().value_or(buffer.end());
  // Also while somebody speaks, and speaks: what is stable is heard no more.
  if (buffer.end() > keep) buffer.discard_before(std::min(wanted, buffer.end() - keep));
  return progress;
}

}  // namespace parley::operators
