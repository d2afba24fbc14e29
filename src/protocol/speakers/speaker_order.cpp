// SPDX-License-Identifier: Apache-2.0
#include "protocol/speakers/speaker_order.h"

#include <exception>
#include <optional>
#include <utility>

#include "protocol/form_reader.h"

namespace parley::protocol {
namespace {

bool is_file(const FormPart& part) { return part.name == "file" || part.name == "file[]"; }

void read_clips(const MultipartForm& form, SpeakerAction action, Problems& problems,
                SpeakerOrder& order) {
  for (const FormPart& part : form.parts) {
    if (is_file(part)) order.clips.push_back({.bytes = part.bytes, .field = "file"});
  }
  if (order.clips.empty()) return problems.report(missing_parameter("file"));
  const std::size_t count_max = action == SpeakerAction::enrol ? kVoiceClipsMax : 1;
  if (order.clips.size() > count_max) {
    return problems.report(invalid_value(
        "file", "Invalid value for 'file': expected at most " + std::to_string(count_max) +
                    " of them, but got " + std::to_string(order.clips.size()) + " instead."));
  }
  for (std::size_t i = 0; i < order.clips.size(); ++i) {
    VoiceClip& clip = order.clips[i];
    if (order.clips.size() > 1) clip.field += "[" + std::to_string(i) + "]";
    if (!clip.bytes.empty()) continue;
    const std::string message = "Invalid value for '" + clip.field + "': the file is empty.";
    problems.report(invalid_value(clip.field, message));
  }
}

void read_name(FormReader& reader, SpeakerOrder& order) {
  const auto name = reader.text("name", 0);
  if (!name) return reader.problems().report(missing_parameter("name"));
  if (name->size() > kSpeakerNameBytesMax) {
    return reader.problems().report(string_too_long("name", kSpeakerNameBytesMax, name->size()));
  }
  order.name = *name;
}

}  // namespace

std::variant<SpeakerOrder, ProtocolError> parse_speaker_order(const MultipartForm& form,
                                                              SpeakerAction action) {
  try {
    Problems problems;
    FormReader reader(form, problems);
    SpeakerOrder order;
    if (action != SpeakerAction::identify) read_name(reader, order);
    read_clips(form, action, problems, order);
    if (std::optional<ProtocolError> error = problems.take()) return std::move(*error);
    return order;
  } catch (const std::exception&) {  // out of memory
    return invalid_form("The form cannot be read.");
  }
}

}  // namespace parley::protocol
