// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/kept_job.h"

#include <array>
#include <optional>
#include <utility>
#include <variant>

#include "protocol/json_writer.h"
#include "protocol/parse_object.h"

namespace parley::protocol {
namespace {

constexpr std::array<Choice<Job::Kind>, 3> kKinds{{{"room", Job::Kind::room},
                                                   {"publisher", Job::Kind::publisher},
                                                   {"participant", Job::Kind::participant}}};

std::string_view name_of(Job::Kind kind) {
  for (const auto& choice : kKinds) {
    if (choice.value == kind) return choice.name;
  }
  return kKinds[0].name;
}

void read_attributes(ObjectReader& reader, Job& job) {
  const json::value* const value = reader.find("attributes");
  if (value == nullptr) return;
  const json::object* const object = read_object(*value, "attributes", reader.problems());
  if (object == nullptr) return;
  for (const auto& [key, text] : *object) {
    const std::string name(key.data(), key.size());
    std::optional<std::string> read = read_string(text, "attributes." + name, reader.problems());
    if (read) job.attributes.emplace(name, std::move(*read));
  }
}

}  // namespace

std::string to_json(const KeptJob& kept) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("id", std::string_view(kept.job.id));
  json.field("kind", name_of(kept.job.kind));
  json.field("room", std::string_view(kept.job.room));
  json.field("room_sid", std::string_view(kept.job.room_sid));
  json.field("participant", std::string_view(kept.job.participant));
  json.field("metadata", std::string_view(kept.job.metadata));
  json.field("agent_name", std::string_view(kept.job.agent_name));
  json.key("attributes").begin_object();
  for (const auto& [name, text] : kept.job.attributes) {
    json.quoted_key(name).value(std::string_view(text));
  }
  json.end_object();
  json.field("identity", std::string_view(kept.identity));
  json.field("name", std::string_view(kept.name));
  json.field("turn", kept.turn);
  json.end_object();
  return out;
}

Result<KeptJob> parse_kept_job(std::string_view text) {
  auto parsed = parse_object<KeptJob>(text, [](ObjectReader& reader, KeptJob& kept) {
    kept.job.id = reader.required_string("id");
    kept.job.kind = reader.choice("kind", kKinds).value_or(Job::Kind::room);
    kept.job.room = reader.required_string("room");
    kept.job.room_sid = reader.required_string("room_sid");
    kept.job.participant = reader.string("participant").value_or("");
    kept.job.metadata = reader.string("metadata").value_or("");
    kept.job.agent_name = reader.string("agent_name").value_or("");
    read_attributes(reader, kept.job);
    kept.identity = reader.required_string("identity");
    kept.name = reader.string("name").value_or("");
    kept.turn = reader.small_integer("turn", 1, kJobTurnsMax).value_or(1);
  });
  if (const auto* error = std::get_if<ProtocolError>(&parsed)) {
    return Error{ErrorCode::data_corrupt, "a kept job: " + error->message};
  }
  return std::get<KeptJob>(std::move(parsed));
}

std::string next_identity(const KeptJob& kept) {
  return "agent-" + kept.job.id + "-" + std::to_string(kept.turn + 1);
}

}  // namespace parley::protocol
