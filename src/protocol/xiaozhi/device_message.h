// SPDX-License-Identifier: Apache-2.0
//
// What a device says in text frames of `/xiaozhi/v1/` (78/xiaozhi-esp32, main/protocols and
// docs/websocket.md):
//
//   → {"type":"hello","version":1,"features":{"mcp":true},"transport":"websocket",
//      "audio_params":{"format":"opus","sample_rate":16000,"channels":1,"frame_duration":60}}
//   → {"type":"listen","state":"start","mode":"auto"}       "stop"; "detect" with "text"
//   → {"type":"abort","reason":"wake_word_detected"}
//   → {"type":"mcp","payload":{"jsonrpc":"2.0","id":1,"result":{…}}}
//
// Firmware of many ages says these: what is unknown is passed over, what is missing has the value
// that firmware leaves away.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/protocol_error.h"

namespace parley::protocol {

/// Tools in one answer of a device; further ones are left away.
inline constexpr std::size_t kDeviceToolsPageMax = 64;

struct DeviceHello {
  bool has_mcp = false;  // the device has tools
  bool has_aec = false;  // it cancels echo: its user may speak while it plays
  std::string format = "opus";
  int frame_ms = 60;  // of what it sends
};

struct DeviceListen {
  enum class State : std::uint8_t { start, stop, detect };
  enum class Mode : std::uint8_t { automatic, manual, realtime };
  State state = State::start;
  Mode mode = Mode::automatic;  // start
  std::string text{};           // detect: the wake word, or what was typed
};

struct DeviceAbort {
  bool by_wake_word = false;
};

/// A tool as the device lists it.
struct DeviceTool {
  std::string name{};  // "self.audio_speaker.set_volume"
  std::string description{};
  std::string schema{};  // JSON object as text; empty: no parameters
};

/// The device's answer to a request of ours; which one says the id. JSON-RPC 2.0.
struct DeviceAnswer {
  std::int64_t id = 0;
  std::optional<std::string> error{};  // why there is no result
  std::vector<DeviceTool> tools{};     // of tools/list
  std::string next_cursor{};           // likewise; empty: that was all
  std::string text{};                  // of tools/call: its texts, joined
  bool is_failure = false;             // likewise: the tool says that it failed
};

struct DeviceGoodbye {};
struct DevicePing {};
/// What needs no answer: notifications, `iot` of old firmware, types that we do not know.
struct DeviceOther {
  std::string type{};
};

using DeviceMessage = std::variant<DeviceOther, DeviceHello, DeviceListen, DeviceAbort,
                                   DeviceAnswer, DeviceGoodbye, DevicePing>;

[[nodiscard]] std::variant<DeviceMessage, ProtocolError> parse_device_message(
    std::string_view frame);

}  // namespace parley::protocol
