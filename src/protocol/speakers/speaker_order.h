// SPDX-License-Identifier: Apache-2.0
//
// The forms of `/v1/speakers`: recordings of a voice, and whose it is or may be.
//
//   POST /v1/speakers            name, file (once, or several times as file or file[])
//   POST /v1/speakers/identify   file
//   POST /v1/speakers/verify     name (or an id), file
//
// Fields that are not named here are ignored. Threads: any (pure).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/multipart_form.h"
#include "protocol/protocol_error.h"

namespace parley::protocol {

/// Recordings in one form.
inline constexpr std::size_t kVoiceClipsMax = 16;
/// Bytes of a speaker's name.
inline constexpr std::size_t kSpeakerNameBytesMax = 256;

struct VoiceClip {
  std::string_view bytes;  // a view into the form's body; not empty
  std::string field;       // how errors name it: "file", or "file[1]" where there are several
};

struct SpeakerOrder {
  std::string name;              // empty: not asked for
  std::vector<VoiceClip> clips;  // at least one
};

enum class SpeakerAction : std::uint8_t { enrol, identify, verify };

/// Errors name the field in `param`.
[[nodiscard]] std::variant<SpeakerOrder, ProtocolError> parse_speaker_order(
    const MultipartForm& form, SpeakerAction action);

}  // namespace parley::protocol
