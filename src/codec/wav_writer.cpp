// SPDX-License-Identifier: Apache-2.0
#include "codec/wav_writer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "codec/pcm16.h"

namespace parley::codec {
namespace {

ErrorCode code_of(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::permission_denied;
    default:
      return ErrorCode::unavailable;
  }
}

std::array<std::byte, kWavHeaderBytes> header_of(int rate, std::uint64_t riff_bytes,
                                                 std::uint64_t data_bytes) {
  std::array<std::byte, kWavHeaderBytes> header{};
  std::size_t at = 0;
  const auto text = [&](const char(&tag)[5]) {
    std::memcpy(header.data() + at, tag, 4);
    at += 4;
  };
  const auto number = [&](std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) header[at++] = static_cast<std::byte>(value >> (8 * i));
  };
  constexpr std::uint64_t kFormatBytes = 16;
  constexpr std::uint64_t kPcm = 1;
  constexpr std::uint64_t kChannels = 1;
  constexpr std::uint64_t kSampleBytes = 2;
  const auto hertz = static_cast<std::uint64_t>(rate);
  text("RIFF");
  number(riff_bytes, 4);
  text("WAVE");
  text("fmt ");
  number(kFormatBytes, 4);
  number(kPcm, 2);
  number(kChannels, 2);
  number(hertz, 4);
  number(hertz * kSampleBytes, 4);
  number(kSampleBytes, 2);
  number(kSampleBytes * 8, 2);
  text("data");
  number(data_bytes, 4);
  PARLEY_CHECK(at == kWavHeaderBytes);
  return header;
}

}  // namespace

Result<WavWriter> WavWriter::create(const std::filesystem::path& path, int rate) {
  WavWriter writer(path, rate, std::fopen(path.c_str(), "wb"));
  if (writer.file_ == nullptr) return writer.failure(errno);
  PARLEY_TRY_STATUS(writer.put(wav_header(rate, 0)));
  return writer;
}

Status WavWriter::write(std::span<const float> samples) {
  PARLEY_CHECK(file_ != nullptr);
  std::array<std::byte, 4096> block{};
  while (!samples.empty()) {
    const std::size_t count = std::min(samples.size(), block.size() / sizeof(std::int16_t));
    const std::span<std::byte> bytes = std::span(block).first(count * sizeof(std::int16_t));
    if (data_bytes_ + bytes.size() > kWavDataMax) {
      return Error{.code = ErrorCode::resource_exhausted,
                   .message = path_.string() + ": a WAV file ends at 4 GiB"};
    }
    float_to_pcm16(samples.first(count), bytes);
    PARLEY_TRY_STATUS(put(bytes));
    data_bytes_ += bytes.size();
    samples = samples.subspan(count);
  }
  return {};
}

Status WavWriter::finish() {
  PARLEY_CHECK(file_ != nullptr);
  if (std::fseek(file_.get(), 0, SEEK_SET) != 0) return failure(errno);
  PARLEY_TRY_STATUS(put(wav_header(rate_, data_bytes_)));
  // Buffered bytes meet a full disk here.
  if (std::fclose(file_.release()) != 0) return failure(errno);
  return {};
}

Status WavWriter::put(std::span<const std::byte> bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size()) return {};
  return failure(errno);
}

Error WavWriter::failure(int code) const {
  return {.code = code_of(code),
          .message = path_.string() + ": cannot write: " + std::generic_category().message(code)};
}

Status write_wav(const std::filesystem::path& path, int rate, std::span<const float> samples) {
  PARLEY_TRY(WavWriter writer, WavWriter::create(path, rate));
  PARLEY_TRY_STATUS(writer.write(samples));
  return writer.finish();
}

std::array<std::byte, kWavHeaderBytes> wav_header(int rate, std::uint64_t data_bytes) {
  PARLEY_CHECK(data_bytes <= kWavDataMax);
  return header_of(rate, data_bytes + kWavHeaderBytes - 8, data_bytes);
}

std::array<std::byte, kWavHeaderBytes> wav_stream_header(int rate) {
  constexpr std::uint64_t kUnknown = 0xFFFF'FFFFU;
  return header_of(rate, kUnknown, kUnknown);
}

}  // namespace parley::codec
