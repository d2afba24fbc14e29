// SPDX-License-Identifier: Apache-2.0
#include "codec/audio_kind.h"

#include <algorithm>
#include <array>
#include <string>

namespace parley::codec {
namespace {

struct Mark {
  std::size_t at;
  std::string_view bytes;
  AudioKind kind;
};

using namespace std::string_view_literals;

constexpr std::array<Mark, 15> kMarks{{
    {8, "WAVE"sv, AudioKind::wav},
    {0, "riff\x2E\x91\xCF\x11"sv, AudioKind::wav},  // Sony's 64-bit RIFF begins with a GUID
    {0, "fLaC"sv, AudioKind::flac},
    {0, "OggS"sv, AudioKind::ogg},
    {0, "ID3"sv, AudioKind::mp3},
    {8, "AIFF"sv, AudioKind::aiff},
    {8, "AIFC"sv, AudioKind::aiff},
    {0, ".snd"sv, AudioKind::au},
    {0, "dns."sv, AudioKind::au},
    {0, "caff"sv, AudioKind::caf},
    {4, "ftyp"sv, AudioKind::mp4},
    {4, "moov"sv, AudioKind::mp4},  // old QuickTime files have no ftyp
    {4, "mdat"sv, AudioKind::mp4},
    {0, "\x1A\x45\xDF\xA3"sv, AudioKind::webm},  // EBML, RFC 8794
    {0, "#!AMR"sv, AudioKind::amr},
}};

}  // namespace

AudioKind audio_kind_of(std::span<const std::byte> begin) noexcept {
  const std::size_t size = std::min(begin.size(), kAudioKindBytes);
  const std::string_view text(reinterpret_cast<const char*>(begin.data()), size);
  for (const Mark& mark : kMarks) {
    if (size >= mark.at && text.substr(mark.at).starts_with(mark.bytes)) return mark.kind;
  }
  if (size < 2 || begin[0] != std::byte{0xFF}) return AudioKind::unknown;
  // ISO 11172-3 §2.4.2.3, 13818-7 §6.2: eleven or twelve sync bits, the version, and two bits of
  // layer, which are 0 only in ADTS.
  const unsigned second = std::to_integer<unsigned>(begin[1]);
  if ((second & 0xF6U) == 0xF0U) return AudioKind::aac;
  return (second & 0xE0U) == 0xE0U && (second & 0x06U) != 0 ? AudioKind::mp3 : AudioKind::unknown;
}

std::string_view name_of(AudioKind kind) noexcept {
  switch (kind) {
    case AudioKind::wav:
      return "WAV";
    case AudioKind::flac:
      return "FLAC";
    case AudioKind::ogg:
      return "Ogg";
    case AudioKind::mp3:
      return "MP3";
    case AudioKind::aiff:
      return "AIFF";
    case AudioKind::au:
      return "AU";
    case AudioKind::caf:
      return "CAF";
    case AudioKind::mp4:
      return "MP4 (M4A)";
    case AudioKind::webm:
      return "WebM";
    case AudioKind::aac:
      return "AAC";
    case AudioKind::amr:
      return "AMR";
    case AudioKind::unknown:
      break;
  }
  return "unknown";
}

bool needs_ffmpeg(AudioKind kind) noexcept {
  return kind == AudioKind::mp4 || kind == AudioKind::webm || kind == AudioKind::aac ||
         kind == AudioKind::amr;
}

}  // namespace parley::codec
