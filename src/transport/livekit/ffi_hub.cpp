// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/ffi_hub.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "base/log.h"
#include "base/trace.h"
#include "exec/thread_name.h"

namespace parley::transport {
namespace {

/// The id that an answer was asked with; 0: it is none.
std::uint64_t answered(const ffi::FfiEvent& event) {
  switch (event.message_case()) {
    case ffi::FfiEvent::kConnect:
      return event.connect().async_id();
    case ffi::FfiEvent::kDisconnect:
      return event.disconnect().async_id();
    case ffi::FfiEvent::kPublishTrack:
      return event.publish_track().async_id();
    case ffi::FfiEvent::kUnpublishTrack:
      return event.unpublish_track().async_id();
    case ffi::FfiEvent::kPublishData:
      return event.publish_data().async_id();
    case ffi::FfiEvent::kPublishTranscription:
      return event.publish_transcription().async_id();
    case ffi::FfiEvent::kCaptureAudioFrame:
      return event.capture_audio_frame().async_id();
    case ffi::FfiEvent::kSetLocalAttributes:
      return event.set_local_attributes().async_id();
    case ffi::FfiEvent::kTextStreamOpen:
      return event.text_stream_open().async_id();
    case ffi::FfiEvent::kTextStreamWriterWrite:
      return event.text_stream_writer_write().async_id();
    case ffi::FfiEvent::kTextStreamWriterClose:
      return event.text_stream_writer_close().async_id();
    case ffi::FfiEvent::kSendText:
      return event.send_text().async_id();
    default:
      return 0;
  }
}

/// The handle that an event is about; 0: none that anybody is entered for.
std::uint64_t subject(const ffi::FfiEvent& event) {
  switch (event.message_case()) {
    case ffi::FfiEvent::kRoomEvent:
      return event.room_event().room_handle();
    case ffi::FfiEvent::kRpcMethodInvocation:
      return event.rpc_method_invocation().local_participant_handle();
    case ffi::FfiEvent::kTextStreamReaderEvent:
      return event.text_stream_reader_event().reader_handle();
    default:
      return 0;
  }
}

}  // namespace

FfiHub::FfiHub(Ffi& library, Counter& dropped, Gauge& awaited)
    : library_(library), dropped_(dropped), awaited_(awaited), thread_([this] { run(); }) {}

FfiHub::~FfiHub() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  for (const ffi::FfiEvent& event : events_) drop_owned(event);
  awaited_.add(-static_cast<std::int64_t>(answers_.size()));  // they do not come any more
}

void FfiHub::take(ffi::FfiEvent&& event) {
  if (event.has_audio_stream_event()) {
    hand_on_sound(event.audio_stream_event());
    drop_owned(event);
    return;
  }
  if (event.has_panic()) {
    log::error("livekit client panicked", {{"message", event.panic().message()}});
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (events_.size() < kEventsMax && !stopping_) {
      events_.push_back(std::move(event));
      changed_.notify_all();
      return;
    }
  }
  dropped_.add();
  drop_owned(event);
}

void FfiHub::hand_on_sound(const ffi::AudioStreamEvent& event) {
  if (!event.has_frame_received()) return;
  const ffi::AudioFrameBufferInfo& info = event.frame_received().frame().info();
  const std::shared_lock lock(sounds_mutex_);
  const auto found = sounds_.find(event.stream_handle());
  if (found == sounds_.end()) return;
  PARLEY_HOP();
  // NOLINTNEXTLINE(performance-no-int-to-ptr): so the library passes memory.
  const auto* samples = reinterpret_cast<const std::int16_t*>(info.data_ptr());
  found->second->on_frame({samples, std::size_t{info.samples_per_channel()} * info.num_channels()});
}

void FfiHub::run() {
  exec::set_thread_name("livekit");
  std::unique_lock lock(mutex_);
  auto tick_at = std::chrono::steady_clock::now() + kTick;  // of this thread, whatever a test plays
  while (true) {
    changed_.wait_until(lock, tick_at, [this] { return stopping_ || !events_.empty(); });
    if (stopping_) return;
    if (const auto now = std::chrono::steady_clock::now(); now >= tick_at) {
      tick(lock);
      tick_at = now + kTick;
      continue;
    }
    const ffi::FfiEvent event = std::move(events_.front());
    events_.pop_front();
    Answer answer;
    FfiTarget* target = nullptr;
    if (const auto asked = answers_.find(answered(event)); asked != answers_.end()) {
      answer = std::move(asked->second);
      answers_.erase(asked);
      awaited_.add(-1);
      target = answer.owner;
    } else if (const auto entered = targets_.find(subject(event)); entered != targets_.end()) {
      target = entered->second;
    }
    current_ = target;
    lock.unlock();
    if (target == nullptr) {
      handle_orphan(event);
    } else if (answer.then) {
      answer.then(event);
    } else {
      target->on_event(event);
    }
    answer = {};  // what it keeps goes outside of the lock
    lock.lock();
    current_ = nullptr;
    changed_.notify_all();
  }
}

void FfiHub::tick(std::unique_lock<std::mutex>& lock) {
  std::set<FfiTarget*> targets;
  for (const auto& [handle, target] : targets_) targets.insert(target);
  for (FfiTarget* const target : targets) {
    const bool is_there = std::ranges::any_of(
        targets_, [target](const auto& entered) { return entered.second == target; });
    if (!is_there) continue;  // it was removed meanwhile
    current_ = target;
    lock.unlock();
    target->on_tick();
    lock.lock();
    current_ = nullptr;
    changed_.notify_all();
  }
}

/// Nobody waits for it any more.
void FfiHub::handle_orphan(const ffi::FfiEvent& event) {
  if (!event.has_connect() || !event.connect().has_result()) return drop_owned(event);
  // Whoever wanted to join has left before he was in. The room waits for this word, even to end.
  ffi::FfiRequest ready;
  ready.mutable_ready_for_room_event()->set_room_handle(
      event.connect().result().room().handle().id());
  ask(ready);
  for (const std::uint64_t handle : owned_handles(event)) {
    const ffi::ConnectCallback::Result& result = event.connect().result();
    if (handle != result.room().handle().id() &&
        handle != result.local_participant().handle().id()) {
      library_.drop(handle);
    }
  }
  close_room(own(event.connect().result().room().handle().id()),
             own(event.connect().result().local_participant().handle().id()));
}

void FfiHub::drop_owned(const ffi::FfiEvent& event) {
  for (const std::uint64_t handle : owned_handles(event)) library_.drop(handle);
}

std::uint64_t FfiHub::expect(FfiTarget& owner, Then then, std::shared_ptr<const void> keep) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t id = ++last_id_;
  answers_.emplace(id, Answer{&owner, std::move(then), std::move(keep)});
  awaited_.add(1);
  return id;
}

bool FfiHub::ask(const ffi::FfiRequest& request, std::uint64_t id) {
  if (library_.request(request)) return true;
  Answer forgotten;  // destroyed outside of the lock
  const std::lock_guard lock(mutex_);
  if (const auto asked = answers_.find(id); asked != answers_.end()) {
    forgotten = std::move(asked->second);
    answers_.erase(asked);
    awaited_.add(-1);
  }
  return false;
}

void FfiHub::enter(std::uint64_t handle, FfiTarget& target) {
  const std::lock_guard lock(mutex_);
  targets_[handle] = &target;
}

void FfiHub::leave(std::uint64_t handle) {
  const std::lock_guard lock(mutex_);
  targets_.erase(handle);
}

void FfiHub::remove(FfiTarget& target) {
  std::unique_lock lock(mutex_);
  const auto forget = [this, &target] {
    std::erase_if(targets_, [&target](const auto& entry) { return entry.second == &target; });
    for (auto& [id, answer] : answers_) {
      // The answer is still waited for: it may bring a handle, or end what the request needs kept.
      if (answer.owner == &target) answer.owner = nullptr;
    }
  };
  forget();
  changed_.wait(lock, [this, &target] { return current_ != &target; });
  forget();  // what it entered and asked for meanwhile
}

void FfiHub::enter_sound(std::uint64_t stream, FfiSoundTarget& target) {
  const std::lock_guard lock(sounds_mutex_);
  sounds_[stream] = &target;
}

void FfiHub::leave_sound(std::uint64_t stream) {
  const std::lock_guard lock(sounds_mutex_);
  sounds_.erase(stream);
}

void FfiHub::close_room(FfiHandle room, FfiHandle participant) {
  using Handles = std::pair<FfiHandle, FfiHandle>;
  ffi::FfiRequest request;
  request.mutable_disconnect()->set_room_handle(room.id());
  auto handles = std::make_shared<Handles>(std::move(room), std::move(participant));
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = ++last_id_;
    answers_.emplace(id, Answer{nullptr, nullptr, std::move(handles)});
    awaited_.add(1);
  }
  request.mutable_disconnect()->set_request_async_id(id);
  ask(request, id);
}

}  // namespace parley::transport
