// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/room_list.h"

#include "protocol/json_writer.h"
#include "protocol/parse_object.h"

namespace parley::protocol {

std::string list_rooms_json(std::string_view name) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("names").begin_array();
  json.value(name);
  json.end_array();
  json.end_object();
  return out;
}

std::variant<std::vector<ListedRoom>, ProtocolError> parse_room_list(std::string_view answer) {
  return parse_object<std::vector<ListedRoom>>(
      answer, [](ObjectReader& reader, std::vector<ListedRoom>& rooms) {
        const json::value* const value = reader.find("rooms");
        if (value == nullptr) return;  // there is none
        const json::array* const array = read_array(*value, "rooms", reader.problems());
        if (array == nullptr) return;
        for (const json::value& one : *array) {
          const json::object* const object = read_object(one, "rooms[]", reader.problems());
          if (object == nullptr) return;
          ObjectReader room(*object, "rooms[]", reader.problems());
          rooms.push_back({room.required_string("name"), room.required_string("sid")});
        }
      });
}

}  // namespace parley::protocol
