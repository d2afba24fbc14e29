// SPDX-License-Identifier: Apache-2.0
//
// `/xiaozhi/ota/`: the one address that a device is given; from its answer, at each start, it
// learns where to talk. What is absent in the answer does not happen: no activation, no MQTT, no
// firmware.
//
// Threads: any (pure).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace parley::protocol {

struct OtaAnswer {
  std::string url{};                     // "ws://192.168.1.5:8080/xiaozhi/v1/"
  std::string token{};                   // the device shows it as `Authorization: Bearer …`
  int framing = 1;                       // binary_frame.h
  std::int64_t time_ms = 0;              // Unix
  std::int32_t timezone_offset_min = 0;  // the device adds it
  std::string firmware{};                // its own version, so that it stays; empty: not known
};

[[nodiscard]] std::string to_json(const OtaAnswer& answer);

/// The firmware's version in what a device tells of itself; empty when it does not: some devices
/// send broken JSON, and must be answered all the same.
[[nodiscard]] std::string firmware_version(std::string_view body);

}  // namespace parley::protocol
