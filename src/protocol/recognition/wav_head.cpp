// SPDX-License-Identifier: Apache-2.0
#include "protocol/recognition/wav_head.h"

#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/recognition/stream_rate.h"

namespace parley::protocol {
namespace {

constexpr std::size_t kRiffBytes = 12;  // RIFF, length, WAVE
constexpr std::size_t kChunkBytes = 8;  // name, length
constexpr std::size_t kFormatBytes = 16;
constexpr std::uint32_t kPcm = 1;
constexpr std::uint32_t kExtensible = 0xFFFE;
/// A program that writes into a pipe does not know how much there will be.
constexpr std::uint32_t kUnknown = 0xFFFF'FFFF;

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

ProtocolError wrong(const std::string& what) { return invalid_value("audio", what); }

std::optional<ProtocolError> check_format(std::string_view format) {
  const std::uint32_t kind = number(format, 0, 2);
  if (kind != kPcm && kind != kExtensible) return wrong("The WAV file is not PCM.");
  if (number(format, 2, 2) != 1) return wrong("The WAV file is not mono.");
  if (number(format, 14, 2) != 16) return wrong("The WAV file's samples have not 16 bits.");
  const std::uint32_t rate = number(format, 4, 4);
  if (rate > 1'000'000 || !is_stream_rate(static_cast<int>(rate))) {
    return wrong("The WAV file has " + std::to_string(rate) + " Hz. Expected " + kStreamRates +
                 ".");
  }
  return std::nullopt;
}

}  // namespace

std::variant<WavHead, WavHeadIncomplete, ProtocolError> read_wav_head(
    std::span<const std::byte> file) {
  const std::string_view bytes(reinterpret_cast<const char*>(file.data()), file.size());
  if (bytes.size() < kRiffBytes) return WavHeadIncomplete{};
  if (!bytes.starts_with("RIFF") || bytes.substr(8, 4) != "WAVE") {
    return wrong("This is no WAV file.");
  }
  WavHead head;
  for (std::size_t at = kRiffBytes; at < kWavHeadBytesMax;) {
    if (bytes.size() < at + kChunkBytes) return WavHeadIncomplete{};
    const std::string_view name = bytes.substr(at, 4);
    const std::uint32_t size = number(bytes, at + 4, 4);
    at += kChunkBytes;
    if (name == "data") {
      if (head.rate == 0) return wrong("The WAV file does not say its format.");
      head.bytes = at;
      head.sample_bytes =
          size == 0 || size == kUnknown ? std::numeric_limits<std::uint64_t>::max() : size;
      return head;
    }
    if (name == "fmt ") {
      if (size < kFormatBytes) return wrong("The WAV file's format is cut.");
      if (bytes.size() < at + kFormatBytes) return WavHeadIncomplete{};
      const std::string_view format = bytes.substr(at, kFormatBytes);
      if (auto error = check_format(format)) return *std::move(error);
      head.rate = static_cast<int>(number(format, 4, 4));
    }
    at += std::size_t{size} + size % 2;
  }
  return wrong("The WAV file's samples come too late.");
}

}  // namespace parley::protocol
