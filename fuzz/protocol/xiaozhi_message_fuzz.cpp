// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a frame of a device: the first byte says whether as text, as a binary frame of one
// of the three versions, or as a device's report of itself. What is taken keeps its limits, and
// what is said of it is JSON again; a frame that is made is the frame that is read.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include <boost/json.hpp>

#include "base/utf8.h"
#include "protocol/xiaozhi/binary_frame.h"
#include "protocol/xiaozhi/device_message.h"
#include "protocol/xiaozhi/ota.h"
#include "protocol/xiaozhi/server_message.h"

namespace {

using namespace parley::protocol;  // NOLINT: one file, one subject

void require(bool condition) {
  if (!condition) std::abort();
}

void require_object(std::string_view text) {
  boost::json::error_code error;
  boost::json::parse_options limits;
  limits.max_depth = 64;
  const boost::json::value value =
      boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, limits);
  require(!error && value.is_object());
}

void look_at(const DeviceAnswer& answer) {
  require(answer.tools.size() <= kDeviceToolsPageMax);
  for (const DeviceTool& tool : answer.tools) {
    require(!tool.name.empty());
    if (!tool.schema.empty()) require_object(tool.schema);
    require_object(to_json(XiaozhiMcp{.method = XiaozhiMcp::Method::call_tool,
                                      .id = answer.id,
                                      .name = tool.name,
                                      .arguments = tool.schema},
                           "s"));
  }
  require_object(to_json(
      XiaozhiMcp{.method = XiaozhiMcp::Method::list_tools, .cursor = answer.next_cursor}, "s"));
}

void read_text(std::string_view text) {
  const auto parsed = parse_device_message(text);
  if (const auto* message = std::get_if<DeviceMessage>(&parsed)) {
    if (const auto* hello = std::get_if<DeviceHello>(message)) {
      require(hello->frame_ms >= 1 && hello->frame_ms <= 120);
    }
    if (const auto* listen = std::get_if<DeviceListen>(message)) {
      require_object(to_json(XiaozhiStt{listen->text}, "s"));
    }
    if (const auto* answer = std::get_if<DeviceAnswer>(message)) look_at(*answer);
  }
  if (is_json_object(text)) {
    require_object(to_json(
        XiaozhiMcp{.method = XiaozhiMcp::Method::call_tool, .arguments = std::string(text)}, "s"));
  }
  if (parley::is_utf8(text)) require(parley::is_utf8(cut_text(text, text.size() / 2)));
}

void read_binary(int version, std::string_view bytes) {
  const auto frame = parse_binary_frame(version, std::as_bytes(std::span(bytes)));
  if (!frame) return;
  require(frame->payload.size() <= kXiaozhiPayloadBytesMax);
  if (frame->is_json) return;
  const std::string_view packet(reinterpret_cast<const char*>(frame->payload.data()),
                                frame->payload.size());
  const std::string again = binary_frame(version, packet, frame->timestamp_ms);
  require(again.size() == bytes.size());
  const auto read = parse_binary_frame(version, std::as_bytes(std::span(again)));
  require(read && read->payload.size() == packet.size() &&
          read->timestamp_ms == frame->timestamp_ms);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr unsigned kKinds = 5;
  const unsigned kind = data[0] % kKinds;
  if (kind == 0) read_text(rest);
  if (kind >= 1 && kind <= 3) read_binary(static_cast<int>(kind), rest);
  if (kind == 4) {
    OtaAnswer answer;
    answer.firmware = firmware_version(rest);
    require(answer.firmware.size() <= 64);
    require_object(to_json(answer));
  }
  return 0;
}
