// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what somebody in a room calls an agent with, or writes in an old client's chat.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "base/utf8.h"
#include "protocol/room/room_message.h"

namespace {

using namespace parley::protocol;  // NOLINT: one file, one subject

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* const method : {"say", "set_instructions", "interrupt"}) {
    const auto parsed = parse_room_call(method, text);
    if (const auto* call = std::get_if<RoomCall>(&parsed)) {
      require(call->text.size() <= kRoomCallBytesMax && parley::is_utf8(call->text));
      require(call->kind != RoomCall::Kind::say || !call->text.empty());
    } else {
      require(!std::get<ProtocolError>(parsed).message.empty());
    }
  }
  require(std::holds_alternative<ProtocolError>(parse_room_call("nothing", text)));
  const auto chat = parse_old_chat(text);
  if (const auto* words = std::get_if<std::string>(&chat)) require(parley::is_utf8(*words));
  return 0;
}
