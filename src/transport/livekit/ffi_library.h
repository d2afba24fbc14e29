// SPDX-License-Identifier: Apache-2.0
//
// liblivekit_ffi.so, loaded when it is needed: nothing of ours is linked to it, so a machine
// without it only lacks rooms. It is never unloaded, as its threads go on; and it cannot be used
// after a fork. It runs in the program parley-livekit (ffi_host.h).
//
// Its callback carries no pointer of ours, so one FfiLibrary at a time hears of events. Threads:
// any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "transport/livekit/ffi.h"

namespace parley::transport {

class FfiLibrary final : public Ffi {
 public:
  /// The release whose messages deps.lock has, as far as it matters: of a later or an earlier one
  /// fields mean something else.
  static constexpr std::string_view kVersion = "0.13";

  /// Errors: not_found, failed_precondition (another version, or no such library).
  static Result<std::unique_ptr<FfiLibrary>> open(const std::string& path);
  ~FfiLibrary() override;

  /// Events go to `sink` from now on, on threads of the library. Once.
  void start(std::function<void(ffi::FfiEvent&&)> sink);
  /// Every room is closed and no event comes any more. Idempotent.
  void stop();

  std::optional<ffi::FfiResponse> request(const ffi::FfiRequest& request) override;
  void drop(std::uint64_t handle) override;

 private:
  using Callback = void (*)(const std::uint8_t* data, std::size_t size);
  struct Functions {
    void (*initialize)(Callback, bool capture_logs, const char* sdk, const char* version) = nullptr;
    std::uint64_t (*request)(const std::uint8_t* data, std::size_t size,
                             const std::uint8_t** answer, std::size_t* answer_size) = nullptr;
    bool (*drop_handle)(std::uint64_t handle) = nullptr;
    void (*dispose)() = nullptr;
  };
  explicit FfiLibrary(const Functions& functions) : functions_(functions) {}

  const Functions functions_;
  bool started_ = false;
};

}  // namespace parley::transport
