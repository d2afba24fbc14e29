// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/remote_hearing.h"

#include <string>

namespace parley::backend {

void RemoteHearing::begin() {
  if (is_over_) return;
  if (call_->cancelled()) return end(Error{ErrorCode::cancelled, "cancelled"});
  if (call_->audio.empty()) return succeed({});
  ask();
}

media::MediaTime RemoteHearing::length() const noexcept {
  return media::MediaTime::from_samples(static_cast<std::int64_t>(call_->audio.size()),
                                        model::kAsrRate);
}

void RemoteHearing::succeed(HeardAnswer answer) {
  if (is_over_) return;
  call_->text = std::move(answer.text);
  call_->detected_language = std::move(answer.language);
  call_->words = std::move(answer.words);
  call_->tokens = std::move(answer.tokens);
  end(Status());
}

void RemoteHearing::lose(Error error) {
  if (is_over_) return;
  const bool may_help = error.code == ErrorCode::unavailable;
  if (may_help && !std::exchange(was_asked_again_, true)) return ask();
  end(std::move(error));
}

void RemoteHearing::on_cancel(model::Call& /*call*/) noexcept {
  post_([self = shared_from_this()] {
    if (self->is_over_) return;
    self->hang_up();
    self->end(Error{ErrorCode::cancelled, "cancelled"});
  });
}

void RemoteHearing::end(Status status) {
  if (is_over_) return;
  is_over_ = true;
  const std::shared_ptr<RemoteHearing> self = shared_from_this();  // others let go of it below
  call_->status = std::move(status);
  // Not under the hook's lock when this runs: cancels are posted.
  call_->set_cancel_hook(nullptr);
  let_go();
  on_done_(*this, call_->status);
  call_->finish();
}

}  // namespace parley::backend
