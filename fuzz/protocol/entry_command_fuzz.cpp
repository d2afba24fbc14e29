// SPDX-License-Identifier: Apache-2.0
//
// Any line as what a program of another process writes to the worker whose jobs it does. What is
// taken keeps its limits, and what is to be followed says for which job.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/room/entry_command.h"
#include "protocol/room/room_message.h"

namespace {

using namespace parley::protocol;  // NOLINT: one file, one subject

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed =
      parse_entry_command(std::string_view(reinterpret_cast<const char*>(data), size));
  if (const auto* error = std::get_if<ProtocolError>(&parsed)) {
    require(!error->message.empty());
    return 0;
  }
  const auto& command = std::get<EntryCommand>(parsed);
  require(command.text.size() <= kRoomCallBytesMax);
  require(command.trouble.value_or("said").size() > 0);
  require(command.kind != EntryCommand::Kind::failed || command.error.has_value());
  require(command.kind != EntryCommand::Kind::say || command.trouble || !command.text.empty());
  if (!command.trouble) {
    require(command.order.instructions.value_or("").size() <= kAgentInstructionsBytesMax);
    require(command.order.webhook.value_or("http://").starts_with("http"));
  }
  return 0;
}
