// SPDX-License-Identifier: Apache-2.0
//
// Recordings of every kind: those that codec/audio_decoder.h reads are read there, and MP4 (M4A),
// WebM, AAC and AMR by the program ffmpeg (5.1 or later), which runs beside us.
//
//   const std::string ffmpeg = find_ffmpeg().value_or("");   // once
//   PARLEY_TRY(auto source, open_any_audio(bytes, "upload.m4a", {.rate = 16'000}, ffmpeg));
//
// Threads: any; a source has one owner. Blocks while ffmpeg works: not for a strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "codec/audio_decoder.h"
#include "codec/audio_source.h"

namespace parley::backend {

/// One that gives no sample for so long is killed.
inline constexpr Millis kFfmpegSilenceMax{30'000};
/// Bytes of address space; ffmpeg's libraries take a quarter of it at most.
inline constexpr std::uint64_t kFfmpegMemoryMax = 2ULL << 30U;
/// Seconds of CPU for one recording: hours of audio need less than one minute.
inline constexpr std::uint64_t kFfmpegCpuMax = 600;
/// Hz where no rate is asked for.
inline constexpr int kFfmpegRate = 48'000;

/// The program's path, from $PATH. Errors: not_found.
[[nodiscard]] Result<std::string> find_ffmpeg();

/// `ffmpeg`: the program's path; empty: there is none, and its kinds are an error that says so.
/// The bytes must outlive the source. Errors: as of codec::open_audio_bytes; deadline_exceeded;
/// unavailable (the program cannot be started).
[[nodiscard]] Result<std::unique_ptr<codec::AudioSource>> open_any_audio(
    std::span<const std::byte> bytes, std::string_view name, codec::AudioFileOptions options,
    const std::string& ffmpeg);

/// The same for a file on the disk, which is never in memory as a whole.
[[nodiscard]] Result<std::unique_ptr<codec::AudioSource>> open_any_audio_file(
    const std::filesystem::path& path, codec::AudioFileOptions options, const std::string& ffmpeg);

}  // namespace parley::backend
