// SPDX-License-Identifier: Apache-2.0
//
// Writes 16-bit mono WAV files, sample by sample as they come. Every failure of the disk is an
// Error that names the file; what was written before stays readable as far as it goes.
//
//   PARLEY_TRY(WavWriter out, WavWriter::create(path, 24'000));
//   PARLEY_TRY_STATUS(out.write(samples));
//   PARLEY_TRY_STATUS(out.finish());            // the lengths in the header; without it they are 0
//
// Threads: one owner. Blocks on the disk: not for a strand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>

#include "base/result.h"

namespace parley::codec {

inline constexpr std::size_t kWavHeaderBytes = 44;
/// The lengths are 32 bits, and one of them counts the rest of the header too.
inline constexpr std::uint64_t kWavDataMax = 0xFFFF'FFFFU - (kWavHeaderBytes - 8);

/// The RIFF header of 16-bit mono audio; `data_bytes` <= kWavDataMax.
[[nodiscard]] std::array<std::byte, kWavHeaderBytes> wav_header(int rate, std::uint64_t data_bytes);
/// The same where the length is not known yet: both lengths are 0xFFFFFFFF, which players take for
/// "to the end".
[[nodiscard]] std::array<std::byte, kWavHeaderBytes> wav_stream_header(int rate);

class WavWriter {
 public:
  /// Replaces what is there. Errors: not_found, permission_denied, unavailable.
  static Result<WavWriter> create(const std::filesystem::path& path, int rate);

  /// Errors: unavailable (the disk is full), resource_exhausted (a WAV ends at 4 GiB).
  Status write(std::span<const float> samples);
  /// Writes the header again, now with its lengths, and closes.
  Status finish();

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  WavWriter(std::filesystem::path path, int rate, std::FILE* file)
      : path_(std::move(path)), rate_(rate), file_(file) {}
  [[nodiscard]] Error failure(int code) const;
  Status put(std::span<const std::byte> bytes);

  std::filesystem::path path_;
  int rate_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t data_bytes_ = 0;
};

/// The whole file at once.
Status write_wav(const std::filesystem::path& path, int rate, std::span<const float> samples);

}  // namespace parley::codec
