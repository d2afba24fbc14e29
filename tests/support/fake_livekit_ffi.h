// SPDX-License-Identifier: Apache-2.0
//
// A shared object in the place of LiveKit's client library. It knows no messages: a test that has
// opened it, too, hears of each request's bytes and of each handle that is dropped, and tells
// events.
//
//   void* const object = dlopen(PARLEY_FAKE_LIVEKIT, RTLD_NOW);
//   const auto listen = reinterpret_cast<FakeLiveKitListen>(dlsym(object, "fake_livekit_listen"));
//
// Threads: any; `listen` while nobody uses the library.
#pragma once

#include <cstddef>
#include <cstdint>

struct FakeLiveKitEar {
  void* who = nullptr;
  void (*asked)(void* who, const std::uint8_t* request, std::size_t size) = nullptr;
  void (*dropped)(void* who, std::uint64_t handle) = nullptr;
};

/// "fake_livekit_listen"
using FakeLiveKitListen = void (*)(FakeLiveKitEar ear);
/// "fake_livekit_tell": nothing, unless somebody has loaded the library and not let go of it.
using FakeLiveKitTell = void (*)(const std::uint8_t* event, std::size_t size);
