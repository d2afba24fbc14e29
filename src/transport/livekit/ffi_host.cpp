// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/ffi_host.h"

#include <cerrno>
#include <climits>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "transport/livekit/ffi_frame.h"
#include "transport/livekit/ffi_library.h"
#include "transport/livekit/ffi_refusal.h"

namespace parley::transport {
namespace {

constexpr std::size_t kReadBytes = 65'536;
// For good-byes to rooms whose server does not answer; then the system ends us.
constexpr unsigned kEndSeconds = 10;

class Host {
 public:
  explicit Host(int socket) : socket_(socket) {}

  int run(const std::string& path) {
    auto opened = FfiLibrary::open(path);
    if (!opened) {
      send({FfiFrame::Kind::hello,
            static_cast<std::uint64_t>(opened.error().code),
            {},
            opened.error().message});
      return 1;
    }
    library_ = std::move(*opened);
    library_->start([this](ffi::FfiEvent&& event) { tell(std::move(event)); });
    send({FfiFrame::Kind::hello});
    read_all();
    ::alarm(kEndSeconds);
    library_->stop();
    ::alarm(0);
    return 0;
  }

 private:
  void read_all() {
    FfiFrameReader reader;
    while (!reader.is_broken()) {
      const std::span<char> room = reader.room(kReadBytes);
      const ssize_t count = ::recv(socket_, room.data(), room.size(), 0);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return;
      reader.added(static_cast<std::size_t>(count));
      while (const std::optional<FfiFrame> frame = reader.next()) take(*frame);
    }
  }

  void take(const FfiFrame& frame) {
    if (frame.kind == FfiFrame::Kind::drop) return library_->drop(frame.id);
    ffi::FfiRequest request;
    if (!request.ParseFromArray(frame.message.data(), static_cast<int>(frame.message.size()))) {
      return;  // of another build; its answer is not waited for for ever
    }
    const std::uint64_t asked = async_id(request);
    if (!frame.memory.empty()) keep(request, asked, frame.memory);
    const std::optional<ffi::FfiResponse> response = library_->request(request);
    if (frame.id != 0) {
      return send({FfiFrame::Kind::response,
                   frame.id,
                   {},
                   response ? response->SerializeAsString() : std::string()});
    }
    if (response) return;
    // Nobody waits for the response: the refusal is the answer that comes later.
    if (std::optional<ffi::FfiEvent> refusal = refusal_of(request)) tell(std::move(*refusal));
  }

  /// The library reads the memory until it answers.
  void keep(ffi::FfiRequest& request, std::uint64_t asked, std::string_view memory) {
    auto kept = std::make_unique<std::string>(memory);
    point_to(request, kept->data());
    const std::lock_guard lock(mutex_);
    kept_[asked] = std::move(kept);
  }

  /// Threads: the library's.
  void tell(ffi::FfiEvent&& event) {
    const std::string_view memory = memory_of(event);
    std::uint64_t borrowed = 0;
    if (!memory.empty()) {
      const std::vector<std::uint64_t> handles = owned_handles(event);
      borrowed = handles.empty() ? 0 : handles.front();
      point_to(event, nullptr, 0);
    }
    send({FfiFrame::Kind::event, 0, memory, event.SerializeAsString()});
    if (borrowed != 0) library_->drop(borrowed);
    if (!event.has_capture_audio_frame() && !event.has_publish_data()) return;
    const std::uint64_t asked = event.has_publish_data() ? event.publish_data().async_id()
                                                         : event.capture_audio_frame().async_id();
    const std::lock_guard lock(mutex_);
    kept_.erase(asked);
  }

  void send(const FfiFrame& frame) {
    const std::lock_guard lock(sending_);
    bytes_.clear();
    write_frame(bytes_, frame);
    std::string_view left = bytes_;
    while (!left.empty()) {
      const ssize_t sent = ::send(socket_, left.data(), left.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return;  // Parley is gone, which read_all hears of
      left.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  const int socket_;
  std::unique_ptr<FfiLibrary> library_;
  std::mutex sending_;
  std::string bytes_;  // GUARDED_BY(sending_)
  std::mutex mutex_;
  std::map<std::uint64_t, std::unique_ptr<std::string>> kept_;  // GUARDED_BY(mutex_)
};

}  // namespace

int serve_ffi(int socket, const std::string& path) { return Host(socket).run(path); }

}  // namespace parley::transport
