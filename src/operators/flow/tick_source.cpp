// SPDX-License-Identifier: Apache-2.0
#include "operators/flow/tick_source.h"

namespace parley::operators {

using graph::Progress;

Result<Progress> TickSource::process(graph::ProcessContext& context) {
  if (started_ == Instant::never()) started_ = context.now();
  while (!is_done()) {
    const Millis offset = options_.period * made_;
    if (started_ + offset > context.now()) {
      context.wake_at(started_ + offset);
      return Progress::need_input;
    }
    if (!out_.has_room()) return Progress::blocked;
    media::Control control;
    control.head.pts = media::MediaTime::from_ms(offset.count());
    control.head.sequence = static_cast<std::uint64_t>(made_);
    control.name = options_.name;
    ++made_;
    if (options_.toggles) {
      control.value = made_ % 2 == 1;
    } else {
      control.value = made_;
    }
    control.head.is_last = is_done();
    out_.push(std::move(control));
  }
  return Progress::finished;
}

}  // namespace parley::operators
