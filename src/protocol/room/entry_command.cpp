// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/entry_command.h"

#include <array>
#include <utility>

#include "protocol/parse_object.h"
#include "protocol/room/agent_order_reader.h"
#include "protocol/room/room_message.h"

namespace parley::protocol {
namespace {

using Kind = EntryCommand::Kind;

constexpr std::array<Choice<Kind>, 8> kKinds = {{
    {"ready", Kind::ready},
    {"failed", Kind::failed},
    {"join", Kind::join},
    {"say", Kind::say},
    {"interrupt", Kind::interrupt},
    {"set_instructions", Kind::set_instructions},
    {"leave", Kind::leave},
    {"done", Kind::done},
}};

bool is_of_a_job(Kind kind) { return kind != Kind::ready && kind != Kind::failed; }

/// What is wrong with an order is for the program that gave it, and no reason to part.
void read_order(const json::value* value, EntryCommand& command) {
  if (value == nullptr) return;
  Problems problems;
  if (const json::object* object = read_object(*value, "order", problems)) {
    ObjectReader reader(*object, "order", problems, ObjectReader::Null::is_absent);
    read_agent_order(reader, command.order);
  }
  if (const std::optional<ProtocolError> error = problems.take()) command.trouble = error->message;
}

void read_words(ObjectReader& reader, std::string_view field, EntryCommand& command) {
  command.text = reader.required_string(field);
  if (command.text.size() > kRoomCallBytesMax) {
    command.trouble =
        string_too_long(std::string(field), kRoomCallBytesMax, command.text.size()).message;
    command.text.clear();
  }
}

void read_command(ObjectReader& reader, EntryCommand& command) {
  if (reader.require("type") == nullptr) return;
  const std::optional<Kind> kind = reader.choice("type", kKinds);
  if (!kind) return;
  command.kind = *kind;
  if (is_of_a_job(*kind)) command.job = reader.required_string("job");
  switch (*kind) {
    case Kind::join:
      read_order(reader.find("order"), command);
      break;
    case Kind::say:
      read_words(reader, "text", command);
      if (command.text.empty() && !command.trouble) command.trouble = "'text' is empty";
      break;
    case Kind::set_instructions:
      read_words(reader, "instructions", command);
      break;
    case Kind::failed:
      command.error = reader.required_string("error");
      break;
    case Kind::done:
      command.error = reader.string("error");
      break;
    case Kind::ready:
    case Kind::interrupt:
    case Kind::leave:
      break;
  }
  reader.finish();
}

}  // namespace

std::variant<EntryCommand, ProtocolError> parse_entry_command(std::string_view line) {
  if (line.size() > kEntryLineBytesMax) {
    return string_too_long("line", kEntryLineBytesMax, line.size());
  }
  return parse_object<EntryCommand>(line, read_command);
}

}  // namespace parley::protocol
