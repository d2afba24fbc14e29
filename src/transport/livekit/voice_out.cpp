// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/voice_out.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/trace.h"

namespace parley::transport {

VoiceOut::VoiceOut(FfiHub& hub, FfiTarget& owner, FfiHandle source, FfiHandle track, int rate,
                   int queue_ms, Counter& dropped_ms)
    : hub_(hub),
      owner_(owner),
      rate_(rate),
      waiting_max_(samples_of(std::max(queue_ms - 2 * kLibraryMs, 2 * kPieceMs))),
      dropped_ms_(dropped_ms),
      track_(std::move(track)),
      source_(std::move(source)),
      piece_(std::make_shared<std::vector<std::int16_t>>()) {
  waiting_.reserve(waiting_max_);
  piece_->reserve(samples_of(kPieceMs));
}

void VoiceOut::write(std::span<const std::int16_t> samples) {
  const std::lock_guard lock(mutex_);
  const std::size_t taken = std::min(samples.size(), waiting_max_ - waiting_.size());
  waiting_.insert(waiting_.end(), samples.begin(),
                  samples.begin() + static_cast<std::ptrdiff_t>(taken));
  if (taken < samples.size()) {
    dropped_ms_.add((samples.size() - taken) * 1000U / static_cast<std::size_t>(rate_));
  }
  if (!busy_) send_next();
}

void VoiceOut::send_next() {
  if (waiting_.empty()) return;
  PARLEY_HOP();
  const auto end = waiting_.begin() +
                   static_cast<std::ptrdiff_t>(std::min(waiting_.size(), samples_of(kPieceMs)));
  piece_->assign(waiting_.begin(), end);
  waiting_.erase(waiting_.begin(), end);
  ffi::FfiRequest request;
  ffi::CaptureAudioFrameRequest& capture = *request.mutable_capture_audio_frame();
  capture.set_source_handle(source_.id());
  ffi::AudioFrameBufferInfo& buffer = *capture.mutable_buffer();
  buffer.set_data_ptr(reinterpret_cast<std::uintptr_t>(piece_->data()));
  buffer.set_num_channels(1);
  buffer.set_sample_rate(static_cast<std::uint32_t>(rate_));
  buffer.set_samples_per_channel(static_cast<std::uint32_t>(piece_->size()));
  const std::uint64_t id = hub_.expect(
      owner_,
      [self = weak_from_this()](const ffi::FfiEvent& answer) {
        if (const auto voice = self.lock()) voice->on_taken(answer);
      },
      piece_);
  capture.set_request_async_id(id);
  busy_ = hub_.ask(request, id);
}

void VoiceOut::on_taken(const ffi::FfiEvent& answer) {
  const ffi::CaptureAudioFrameCallback& taken = answer.capture_audio_frame();
  if (taken.has_error()) log::warn("livekit took no sound", {{"error", taken.error()}});
  const std::lock_guard lock(mutex_);
  busy_ = false;
  // The piece may have come to the library's queue after that was cleared.
  if (std::exchange(clear_again_, false)) clear_library();
  send_next();
}

void VoiceOut::clear() {
  const std::lock_guard lock(mutex_);
  waiting_.clear();
  clear_again_ = busy_;
  clear_library();
}

void VoiceOut::clear_library() {
  ffi::FfiRequest request;
  request.mutable_clear_audio_buffer()->set_source_handle(source_.id());
  hub_.ask(request);
}

}  // namespace parley::transport
