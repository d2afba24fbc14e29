// SPDX-License-Identifier: Apache-2.0
//
// Any fields as orders about speakers: what is taken keeps its limits, an error names its field;
// and the answers with the client's own words in them are JSON.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/utf8.h"
#include "form.h"
#include "protocol/speakers/speaker_answer.h"
#include "protocol/speakers/speaker_order.h"

namespace {

using namespace parley;            // NOLINT: one file, one subject
using namespace parley::protocol;  // NOLINT

void check(const MultipartForm& form, SpeakerAction action) {
  const auto result = parse_speaker_order(form, action);
  if (const auto* error = std::get_if<ProtocolError>(&result)) {
    return require(!error->message.empty() && error->param.has_value());
  }
  const auto& order = std::get<SpeakerOrder>(result);
  const std::size_t clips_max = action == SpeakerAction::enrol ? kVoiceClipsMax : 1;
  require(!order.clips.empty() && order.clips.size() <= clips_max);
  for (const VoiceClip& clip : order.clips) {
    require(!clip.bytes.empty() && clip.field.starts_with("file"));
  }
  require(order.name.empty() == (action == SpeakerAction::identify));
  require(is_utf8(order.name) && order.name.size() <= kSpeakerNameBytesMax);
  const std::array speakers{SpeakerShown{.id = "spk_1", .name = order.name, .model = "m"}};
  require_object(speakers_json(speakers));
  const VoiceComparison compared{.id = order.name, .name = std::string(order.clips[0].bytes)};
  require_object(identification_json(compared, 0.5, 1.0));
  require_object(verification_json(compared, 0.5, 1.0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MultipartForm form = form_of({reinterpret_cast<const char*>(data), size});
  for (const auto action : {SpeakerAction::enrol, SpeakerAction::identify, SpeakerAction::verify}) {
    check(form, action);
  }
  return 0;
}
