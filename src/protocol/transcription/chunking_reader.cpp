// SPDX-License-Identifier: Apache-2.0
#include "protocol/transcription/chunking_reader.h"

#include <utility>

#include "protocol/parse_object.h"

namespace parley::protocol {
namespace {

constexpr std::string_view kName = "chunking_strategy";
constexpr std::string_view kExpected = "'auto' or an object of the type 'server_vad'";
constexpr std::array<Choice<Chunking::Kind>, 1> kTypes{
    {{"server_vad", Chunking::Kind::server_vad}}};

/// The members that stand in fields of their own.
json::object flattened(const MultipartForm& form) {
  json::object object;
  for (const FormPart& part : form.parts) {
    std::string_view member = part.name;
    if (!member.starts_with(kName) || !member.ends_with(']')) continue;
    member.remove_prefix(kName.size());
    if (!member.starts_with('[')) continue;
    member = member.substr(1, member.size() - 2);
    if (const std::optional<double> number = number_of(part.bytes)) {
      object[json::string_view(member.data(), member.size())] = *number;
    } else {
      object[json::string_view(member.data(), member.size())] =
          json::string_view(part.bytes.data(), part.bytes.size());
    }
  }
  return object;
}

std::optional<json::object> parsed(std::string_view text) {
  json::parse_options limits;
  limits.max_depth = kObjectDepthMax;
  json::error_code failure;
  json::value value = json::parse(json::string_view(text.data(), text.size()), failure, {}, limits);
  if (failure || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

Chunking read_object(const json::object& object, Problems& problems) {
  Chunking chunking;
  ObjectReader reader(object, std::string(kName), problems, ObjectReader::Null::is_absent);
  if (reader.require("type") == nullptr) return chunking;
  chunking.kind = reader.choice("type", kTypes).value_or(chunking.kind);
  chunking.threshold = reader.number("threshold", 0.0, 1.0).value_or(chunking.threshold);
  chunking.prefix_padding_ms = reader.small_integer("prefix_padding_ms", 0, kChunkingMsMax)
                                   .value_or(chunking.prefix_padding_ms);
  chunking.silence_duration_ms = reader.small_integer("silence_duration_ms", 0, kChunkingMsMax)
                                     .value_or(chunking.silence_duration_ms);
  reader.finish();
  return chunking;
}

}  // namespace

Chunking read_chunking(FormReader& reader) {
  const std::optional<std::string> text = reader.text(kName, 0);
  if (!text) {
    const json::object object = flattened(reader.form());
    return object.empty() ? Chunking{} : read_object(object, reader.problems());
  }
  if (*text == "auto") return {.kind = Chunking::Kind::automatic};
  const std::optional<json::object> object = parsed(*text);
  if (object) return read_object(*object, reader.problems());
  reader.problems().report(unexpected_text(kName, kExpected, *text));
  return {};
}

}  // namespace parley::protocol
