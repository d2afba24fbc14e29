// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/ffi_process.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "exec/prompt_thread.h"
#include "exec/thread_name.h"
#include "transport/livekit/ffi_refusal.h"

namespace parley::transport {
namespace {

using Now = std::chrono::steady_clock;  // of a process, whatever a test plays

constexpr std::size_t kReadBytes = 65'536;
constexpr int kLookMs = 200;  // after which it looks whether its time to end is over
// Handles of ours, for data that events bring: the library counts up from one.
constexpr std::uint64_t kOurs = std::uint64_t{1} << 63U;

/// Requests whose response says something: it brings a handle.
bool brings_handle(const ffi::FfiRequest& request) {
  return request.has_new_audio_stream() || request.has_new_audio_source() ||
         request.has_create_audio_track();
}

std::uint64_t brought_handle(const ffi::FfiResponse& response) {
  if (response.has_new_audio_stream()) return response.new_audio_stream().stream().handle().id();
  if (response.has_new_audio_source()) return response.new_audio_source().source().handle().id();
  return response.create_audio_track().track().handle().id();
}

void write(int wake) {
  const std::uint64_t one = 1;
  if (::write(wake, &one, sizeof one) < 0) return;  // it is awake
}

}  // namespace

FfiProcess::~FfiProcess() { stop(); }

Status FfiProcess::start(const FfiProgram& program, Sink sink) {
  PARLEY_CHECK(!child_);
  sink_ = std::move(sink);
  has_ended_ = true;
  std::array<int, 2> errors{-1, -1};
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0 || ::pipe2(errors.data(), O_CLOEXEC) != 0) {
    return Error{ErrorCode::unavailable, "LiveKit's client: no descriptor is left"};
  }
  errors_ = errors[0];
  ::fcntl(errors_, F_SETFL, O_NONBLOCK);
  auto child = exec::ChildProcess::start(program.program, {program.library}, -1, errors[1]);
  ::close(errors[1]);
  if (!child) return child.error();
  child_.emplace(*std::move(child));
  has_ended_ = false;
  counters_.processes.add(1);
  thread_ = std::thread([this] { run(); });
  return {};
}

Status FfiProcess::wait_until_ready() {
  std::unique_lock lock(mutex_);
  const bool is_known = changed_.wait_for(lock, kReadyMax, [this] { return ready_.has_value(); });
  if (!is_known) return Error{ErrorCode::unavailable, "LiveKit's client does not begin"};
  return *ready_;
}

void FfiProcess::retire() {
  {
    const std::lock_guard lock(mutex_);
    is_retired_ = true;
  }
  if (wake_ >= 0) write(wake_);
}

void FfiProcess::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  if (wake_ >= 0) write(wake_);
  if (thread_.joinable()) thread_.join();
  for (int* const own : {&wake_, &errors_}) {
    if (*own >= 0) ::close(std::exchange(*own, -1));
  }
}

std::optional<ffi::FfiResponse> FfiProcess::request(const ffi::FfiRequest& request) {
  FfiFrame frame{FfiFrame::Kind::request};
  const std::string message = request.SerializeAsString();
  frame.message = message;
  frame.memory = memory_of(request);
  std::optional<ffi::FfiResponse> response(std::in_place);
  std::unique_lock lock(mutex_);
  if (has_ended_ || is_broken_) return std::nullopt;
  // What is open, for whoever has to hear when all of it ends at once.
  if (request.has_connect()) joining_.insert(request.connect().request_async_id());
  if (!brings_handle(request)) {
    send(frame);
    return response;
  }
  response.reset();
  frame.id = ++last_id_;
  awaiting_[frame.id] = &response;
  send(frame);
  changed_.wait_for(lock, kAnswerMax,
                    [this, &frame] { return !awaiting_.contains(frame.id) || has_ended_; });
  awaiting_.erase(frame.id);
  return response;
}

void FfiProcess::drop(std::uint64_t handle) {
  std::unique_ptr<std::string> gone;  // destroyed outside of the lock
  const std::lock_guard lock(mutex_);
  if ((handle & kOurs) != 0) {
    if (auto kept = kept_.extract(handle)) gone = std::move(kept.mapped());
    return;
  }
  if (rooms_.erase(handle) != 0 && is_retired_) write(wake_);
  if (!has_ended_) send({FfiFrame::Kind::drop, handle});
}

/// With the lock.
void FfiProcess::send(const FfiFrame& frame) {
  const bool was_empty = unsent_.empty();
  write_frame(unsent_, frame);
  if (unsent_.size() > kUnsentMax) is_broken_ = true;
  if (was_empty && !is_broken_) write_unsent();
  if (!unsent_.empty() || is_broken_) write(wake_);
}

void FfiProcess::write_unsent() {
  std::size_t done = 0;
  while (done < unsent_.size()) {
    const ssize_t sent = ::send(child_->socket(), unsent_.data() + done, unsent_.size() - done,
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) {
      // Anything else is its end, of which the reader hears.
      if (errno != EAGAIN) done = unsent_.size();
      break;
    }
    done += static_cast<std::size_t>(sent);
  }
  unsent_.erase(0, done);
}

void FfiProcess::run() {
  exec::set_thread_name("livekit io");
  exec::ask_for_short_slices();
  std::optional<Now::time_point> end_by;
  bool was_asked = false;
  while (exchange(end_by ? kLookMs : -1)) {
    const Wish wish = wished();
    if (!end_by && wish != Wish::none) end_by = Now::now() + kEndMax;
    if (wish == Wish::end_now && !std::exchange(was_asked, true)) {
      ::shutdown(child_->socket(), SHUT_WR);  // it says its good-byes, and ends
    }
    if (end_by && Now::now() > *end_by) break;
  }
  const std::string how = child_->stop();
  while (read_errors()) continue;  // its last words
  {
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
    if (!ready_) ready_ = Error{ErrorCode::unavailable, "LiveKit's client ended: " + how};
    unsent_.clear();
  }
  changed_.notify_all();
  counters_.processes.add(-1);
  if (!end_by) {
    counters_.lost.add();
    log::error("LiveKit's client has ended by itself, and its rooms with it", {{"how", how}});
  }
  end_rooms(how);
}

/// Waits for something to read or to write, and does it. False: there will be no more.
bool FfiProcess::exchange(int wait_ms) {
  short wanted = POLLIN;
  {
    const std::lock_guard lock(mutex_);
    if (is_broken_) return false;
    if (!unsent_.empty()) wanted |= POLLOUT;
  }
  std::array<pollfd, 3> entries{
      {{child_->socket(), wanted, 0}, {wake_, POLLIN, 0}, {errors_, POLLIN, 0}}};
  if (::poll(entries.data(), entries.size(), wait_ms) < 0) return errno == EINTR;
  if (entries[1].revents != 0) {
    std::uint64_t count = 0;
    if (::read(wake_, &count, sizeof count) < 0) count = 0;  // nothing to be read is as good
  }
  if (entries[2].revents != 0) read_errors();
  if ((entries[0].revents & POLLOUT) != 0) {
    const std::lock_guard lock(mutex_);
    write_unsent();
  }
  return (entries[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0 || read();
}

bool FfiProcess::read() {
  const std::span<char> room = reader_.room(kReadBytes);
  const ssize_t count = ::recv(child_->socket(), room.data(), room.size(), MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;
  reader_.added(static_cast<std::size_t>(count));
  while (const std::optional<FfiFrame> frame = reader_.next()) take(*frame);
  return !reader_.is_broken();
}

/// False: there is nothing to read now.
bool FfiProcess::read_errors() {
  std::array<char, 4'096> bytes;
  const ssize_t count = errors_ < 0 ? -1 : ::read(errors_, bytes.data(), bytes.size());
  if (count > 0) log_.take({bytes.data(), static_cast<std::size_t>(count)});
  if (count == 0) ::close(std::exchange(errors_, -1));  // poll leaves a negative one out
  return count > 0;
}

void FfiProcess::take(const FfiFrame& frame) {
  if (frame.kind == FfiFrame::Kind::event) return tell(frame);
  const std::lock_guard lock(mutex_);
  if (frame.kind == FfiFrame::Kind::hello) {
    ready_ = frame.message.empty()
                 ? Status()
                 : Status(Error{static_cast<ErrorCode>(frame.id), std::string(frame.message)});
  } else {
    std::optional<ffi::FfiResponse> response;
    if (!frame.message.empty()) response.emplace();
    if (response &&
        !response->ParseFromArray(frame.message.data(), static_cast<int>(frame.message.size()))) {
      response.reset();
    }
    if (const auto asked = awaiting_.find(frame.id); asked != awaiting_.end()) {
      *asked->second = std::move(response);
      awaiting_.erase(asked);
    } else if (response) {
      send({FfiFrame::Kind::drop, brought_handle(*response)});  // nobody waits for it any more
    }
  }
  changed_.notify_all();
}

void FfiProcess::tell(const FfiFrame& frame) {
  ffi::FfiEvent event;
  const bool is_whole =
      event.ParseFromArray(frame.message.data(), static_cast<int>(frame.message.size())) &&
      memory_of(event).size() == frame.memory.size();
  if (!is_whole) {
    return log::warn("livekit client sent an event that we cannot read",
                     {{"bytes", frame.message.size()}});
  }
  if (event.has_connect()) {
    const std::lock_guard lock(mutex_);
    joining_.erase(event.connect().async_id());
    if (event.connect().has_result()) {
      rooms_.insert(event.connect().result().room().handle().id());
    } else if (is_retired_) {
      write(wake_);
    }
  }
  if (event.has_audio_stream_event() && !frame.memory.empty()) {
    point_to(event, frame.memory.data(), 0);  // it is read before the next frame
  } else if (!frame.memory.empty()) {
    auto kept = std::make_unique<std::string>(frame.memory);
    const std::lock_guard lock(mutex_);
    const std::uint64_t handle = kOurs | ++last_id_;
    point_to(event, kept->data(), handle);
    kept_[handle] = std::move(kept);
  }
  sink_(std::move(event));
}

/// Whoever is in a room, or on the way into one, hears that it is over.
void FfiProcess::end_rooms(const std::string& why) {
  std::set<std::uint64_t> joining;
  std::set<std::uint64_t> rooms;
  {
    const std::lock_guard lock(mutex_);
    joining.swap(joining_);
    rooms.swap(rooms_);
  }
  for (const std::uint64_t id : joining) {
    sink_(refused_connect(id, "LiveKit's client ended: " + why));
  }
  for (const std::uint64_t room : rooms) {
    ffi::FfiEvent event;
    event.mutable_room_event()->set_room_handle(room);
    event.mutable_room_event()->mutable_disconnected()->set_reason(ffi::UNKNOWN_REASON);
    sink_(std::move(event));
  }
}

FfiProcess::Wish FfiProcess::wished() {
  const std::lock_guard lock(mutex_);
  const bool is_idle = is_retired_ && joining_.empty() && rooms_.empty();
  if (!is_stopping_ && !is_idle) return Wish::none;
  return unsent_.empty() ? Wish::end_now : Wish::end_soon;
}

}  // namespace parley::transport
