// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_livekit_ffi.h"

#include <string_view>

namespace {

using Callback = void (*)(const std::uint8_t* data, std::size_t size);

/// Of each answer's memory; no room has it.
constexpr std::uint64_t kAnswer = ~std::uint64_t{0};

/// As UniFFI lays them out (transport/livekit/ffi_library.cpp).
struct Bytes {
  std::uint64_t capacity = 0;
  std::uint64_t size = 0;
  const char* data = nullptr;
};
struct Outcome {
  std::int8_t code = 0;
  Bytes error;
};

/// Of the release that Parley speaks with.
constexpr std::string_view kVersion = "0.13.0";

FakeLiveKitEar ear;
Callback callback = nullptr;

}  // namespace

extern "C" {

void fake_livekit_listen(FakeLiveKitEar to) { ear = to; }

void fake_livekit_tell(const std::uint8_t* event, std::size_t size) {
  if (callback != nullptr) callback(event, size);
}

void livekit_ffi_initialize(Callback to, bool /*capture_logs*/, const char* /*sdk*/,
                            const char* /*version*/) {
  callback = to;
}

/// Each answer is an empty message: "I will".
std::uint64_t livekit_ffi_request(const std::uint8_t* data, std::size_t size,
                                  const std::uint8_t** answer, std::size_t* answer_size) {
  *answer = nullptr;
  *answer_size = 0;
  if (ear.asked != nullptr) ear.asked(ear.who, data, size);
  return kAnswer;
}

bool livekit_ffi_drop_handle(std::uint64_t handle) {
  if (handle != kAnswer && ear.dropped != nullptr) ear.dropped(ear.who, handle);
  return true;
}

void livekit_ffi_dispose() { callback = nullptr; }

Bytes uniffi_livekit_ffi_fn_func_build_version(Outcome* /*outcome*/) {
  return {kVersion.size(), kVersion.size(), kVersion.data()};
}

void ffi_livekit_ffi_rustbuffer_free(Bytes /*bytes*/, Outcome* /*outcome*/) {}
}
