// SPDX-License-Identifier: Apache-2.0
//
// What a device is told on `/xiaozhi/v1/`, and how it is written: text frames of JSON, each small
// enough for the memory of an ESP32, and binary frames of sound (binary_frame.h).
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace parley::protocol {

/// Of what is shown on a device's screen in one message; the rest is cut. Devices have room for
/// messages of about 8 KB.
inline constexpr std::size_t kShownBytesMax = 2048;

struct XiaozhiHello {
  int rate = 24'000;  // Hz, of the sound that we send
  int frame_ms = 60;
};
struct XiaozhiStt {
  std::string text{};
};
struct XiaozhiEmotion {
  std::string emotion{};  // "happy"
  std::string emoji{};
};
struct XiaozhiTts {
  enum class State : std::uint8_t { start, sentence_start, stop };
  State state = State::start;
  std::string text{};  // sentence_start
};
struct XiaozhiAlert {
  std::string status{};
  std::string message{};
  std::string emotion{};
};
struct XiaozhiPong {};
/// A request to the device's MCP server. JSON-RPC 2.0; devices take only ids that are numbers.
struct XiaozhiMcp {
  enum class Method : std::uint8_t { initialize, list_tools, call_tool };
  Method method = Method::initialize;
  std::int64_t id = 0;
  std::string cursor{};     // list_tools; empty: from the first
  std::string name{};       // call_tool: as the device calls it
  std::string arguments{};  // likewise: a JSON object as text
};
/// One Opus packet.
struct XiaozhiSound {
  std::string packet{};
  std::uint32_t at_ms = 0;  // of its turn
};

using XiaozhiMessage = std::variant<XiaozhiHello, XiaozhiStt, XiaozhiEmotion, XiaozhiTts,
                                    XiaozhiAlert, XiaozhiPong, XiaozhiMcp, XiaozhiSound>;

/// REQUIRES: not a XiaozhiSound.
[[nodiscard]] std::string to_json(const XiaozhiMessage& message, std::string_view session_id);

/// What a model wrote as a tool's arguments can be sent as they are.
[[nodiscard]] bool is_json_object(std::string_view text);

/// At most `bytes_max`, whole characters of UTF-8.
[[nodiscard]] std::string_view cut_text(std::string_view text, std::size_t bytes_max) noexcept;

}  // namespace parley::protocol
