// SPDX-License-Identifier: Apache-2.0
//
// The program parley-livekit, on a thread of the test, with a library that the test plays.
#include "transport/livekit/ffi_host.h"

#include <array>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/result.h"
#include "tests/support/fake_livekit_ffi.h"
#include "transport/livekit/ffi_frame.h"

namespace parley::transport {
namespace {

constexpr std::uint64_t kBorrowed = 77;

/// Our end of the socket.
class Parley {
 public:
  explicit Parley(int socket) : socket_(socket) {}

  void send(const FfiFrame& frame) {
    std::string bytes;
    write_frame(bytes, frame);
    EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  /// The next one; its views hold until the one after.
  FfiFrame hear() {
    while (true) {
      if (const auto frame = reader_.next()) return *frame;
      const auto room = reader_.room(4096);
      const ssize_t count = ::recv(socket_, room.data(), room.size(), 0);
      if (count <= 0) return {FfiFrame::Kind::drop, 0, {}, "the other end is closed"};
      reader_.added(static_cast<std::size_t>(count));
    }
  }

 private:
  const int socket_;
  FfiFrameReader reader_;
};

class FfiHostTest : public testing::Test {
 protected:
  FfiHostTest() {
    void* const object = dlopen(PARLEY_FAKE_LIVEKIT, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    EXPECT_NE(object, nullptr);
    listen_ = reinterpret_cast<FakeLiveKitListen>(dlsym(object, "fake_livekit_listen"));
    tell_ = reinterpret_cast<FakeLiveKitTell>(dlsym(object, "fake_livekit_tell"));
    listen_({this,
             [](void* who, const std::uint8_t* bytes, std::size_t size) {
               static_cast<FfiHostTest*>(who)->note(bytes, size);
             },
             [](void* who, std::uint64_t handle) {
               auto& self = *static_cast<FfiHostTest*>(who);
               const std::lock_guard lock(self.mutex_);
               self.dropped_.push_back(handle);
               self.changed_.notify_all();
             }});
  }
  ~FfiHostTest() override {
    if (host_.joinable()) end();
    listen_({});
    for (const int socket : sockets_) ::close(socket);
  }

  void serve(const std::string& path) {
    host_ = std::thread([this, path] { status_ = serve_ffi(sockets_[1], path); });
  }
  /// Its exit status, once our end is closed.
  int end() {
    ::shutdown(sockets_[0], SHUT_WR);
    host_.join();
    return status_;
  }
  void ask(const ffi::FfiRequest& request, std::uint64_t id, std::string_view memory = {}) {
    parley.send({FfiFrame::Kind::request, id, memory, request.SerializeAsString()});
  }
  /// The library tells it, as it would: by bytes.
  void tell(const ffi::FfiEvent& event) {
    const std::string bytes = event.SerializeAsString();
    tell_(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  ffi::FfiRequest asked(std::size_t at) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return requests_.size() > at; });
    return requests_[at];
  }
  std::uint64_t dropped(std::size_t at) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return dropped_.size() > at; });
    return dropped_[at];
  }
  static ffi::FfiEvent parse(const FfiFrame& frame) {
    ffi::FfiEvent event;
    EXPECT_EQ(frame.kind, FfiFrame::Kind::event) << frame.message;
    EXPECT_TRUE(event.ParseFromArray(frame.message.data(), static_cast<int>(frame.message.size())));
    return event;
  }

  const std::array<int, 2> sockets_ = make_sockets();
  Parley parley{sockets_[0]};

 private:
  static std::array<int, 2> make_sockets() {
    std::array<int, 2> pair{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    return pair;
  }
  void note(const std::uint8_t* bytes, std::size_t size) {
    ffi::FfiRequest request;
    EXPECT_TRUE(request.ParseFromArray(bytes, static_cast<int>(size)));
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
    changed_.notify_all();
  }

  FakeLiveKitListen listen_ = nullptr;
  FakeLiveKitTell tell_ = nullptr;
  std::thread host_;
  int status_ = -1;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ffi::FfiRequest> requests_;  // GUARDED_BY(mutex_)
  std::vector<std::uint64_t> dropped_;     // GUARDED_BY(mutex_)
};

TEST_F(FfiHostTest, ALibraryThatIsNotThereIsSaidAndThatIsAll) {
  serve("/nowhere/liblivekit_ffi.so");
  const FfiFrame hello = parley.hear();
  EXPECT_EQ(hello.kind, FfiFrame::Kind::hello);
  EXPECT_EQ(static_cast<ErrorCode>(hello.id), ErrorCode::not_found);
  EXPECT_THAT(std::string(hello.message), testing::HasSubstr("tools/deps"));
  EXPECT_EQ(end(), 1);
}

TEST_F(FfiHostTest, RequestsAndHandlesReachTheLibraryAndItsAnswersReachUs) {
  serve(PARLEY_FAKE_LIVEKIT);
  EXPECT_EQ(parley.hear().message, "");
  ffi::FfiRequest request;
  request.mutable_clear_audio_buffer()->set_source_handle(5);
  ask(request, 9);
  EXPECT_EQ(asked(0).clear_audio_buffer().source_handle(), 5U);
  const FfiFrame response = parley.hear();
  EXPECT_EQ(response.kind, FfiFrame::Kind::response);
  EXPECT_EQ(response.id, 9U);
  parley.send({FfiFrame::Kind::drop, 5});
  EXPECT_EQ(dropped(0), 5U);
}

TEST_F(FfiHostTest, SamplesOfOursStayUntilTheLibraryHasTakenThem) {
  serve(PARLEY_FAKE_LIVEKIT);
  parley.hear();
  const std::string samples = "samples!";  // four of them
  ffi::FfiRequest request;
  ffi::CaptureAudioFrameRequest& capture = *request.mutable_capture_audio_frame();
  capture.set_source_handle(5);
  capture.set_request_async_id(31);
  capture.mutable_buffer()->set_data_ptr(0);
  capture.mutable_buffer()->set_num_channels(1);
  capture.mutable_buffer()->set_sample_rate(24'000);
  capture.mutable_buffer()->set_samples_per_channel(4);
  ask(request, 0, samples);
  EXPECT_EQ(memory_of(asked(0)), samples);
  ffi::FfiEvent taken;
  taken.mutable_capture_audio_frame()->set_async_id(31);
  tell(taken);
  EXPECT_EQ(parse(parley.hear()).capture_audio_frame().async_id(), 31U);
}

TEST_F(FfiHostTest, SamplesOfOthersTravelAndTheirHandleIsGivenBack) {
  serve(PARLEY_FAKE_LIVEKIT);
  parley.hear();
  const std::array<std::int16_t, 3> samples{1, -2, 3};
  ffi::FfiEvent event;
  event.mutable_audio_stream_event()->set_stream_handle(8);
  auto& frame = *event.mutable_audio_stream_event()->mutable_frame_received()->mutable_frame();
  frame.mutable_handle()->set_id(kBorrowed);
  frame.mutable_info()->set_data_ptr(reinterpret_cast<std::uintptr_t>(samples.data()));
  frame.mutable_info()->set_num_channels(1);
  frame.mutable_info()->set_sample_rate(16'000);
  frame.mutable_info()->set_samples_per_channel(3);
  tell(event);
  const FfiFrame heard = parley.hear();
  EXPECT_EQ(heard.memory, std::string_view(reinterpret_cast<const char*>(samples.data()), 6));
  EXPECT_TRUE(owned_handles(parse(heard)).empty());
  EXPECT_EQ(dropped(0), kBorrowed);
}

}  // namespace
}  // namespace parley::transport
