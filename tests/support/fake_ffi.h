// SPDX-License-Identifier: Apache-2.0
//
// LiveKit's library as one that only notes what it is asked for; the test tells what happens.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "transport/livekit/ffi.h"

namespace parley::test {

namespace ffi = transport::ffi;

/// Counts the handles that it gave out and that were dropped, and refuses to drop one twice.
class FakeFfi final : public transport::Ffi {
 public:
  std::optional<transport::ffi::FfiResponse> request(
      const transport::ffi::FfiRequest& request) override {
    const std::lock_guard lock(mutex);
    requests.push_back(request);
    changed.notify_all();
    ffi::FfiResponse response;
    if (request.has_new_audio_stream()) {
      auto& stream = *response.mutable_new_audio_stream()->mutable_stream();
      stream.mutable_handle()->set_id(give(100));
    } else if (request.has_new_audio_source()) {
      response.mutable_new_audio_source()->mutable_source()->mutable_handle()->set_id(give(200));
    } else if (request.has_create_audio_track()) {
      response.mutable_create_audio_track()->mutable_track()->mutable_handle()->set_id(give(201));
    } else if (request.has_text_read_incremental()) {
      given.erase(request.text_read_incremental().reader_handle());
    } else if (request.has_text_stream_close()) {
      given.erase(request.text_stream_close().writer_handle());
    }
    return response;
  }
  void drop(std::uint64_t handle) override {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(given.erase(handle), 1U) << handle;
  }
  std::uint64_t give(std::uint64_t handle) {
    const std::lock_guard lock(mutex);
    given.insert(handle);
    return handle;
  }
  void count(int change) override { counted += change; }
  std::vector<ffi::FfiRequest> asked(ffi::FfiRequest::MessageCase what) {
    const std::lock_guard lock(mutex);
    std::vector<ffi::FfiRequest> found;
    for (const ffi::FfiRequest& request : requests) {
      if (request.message_case() == what) found.push_back(request);
    }
    return found;
  }

  /// Once it has been asked so often.
  std::vector<ffi::FfiRequest> wait_for(ffi::FfiRequest::MessageCase what, std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return asked(what).size() >= count; });
    return asked(what);
  }

  std::recursive_mutex mutex;
  std::condition_variable_any changed;
  std::vector<ffi::FfiRequest> requests;
  std::set<std::uint64_t> given;
  std::atomic<int> counted{0};  // handles, as those who hold them say
};

}  // namespace parley::test
