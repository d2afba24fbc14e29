// SPDX-License-Identifier: Apache-2.0
#include "cli/transcript_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace parley::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kJournalEnding = ".part";

fs::path path_of(const TranscriptPlace& place, const Recording& recording,
                 std::string_view ending) {
  fs::path path = fs::path(place.folder) / recording.name;
  path += ending;
  return path;
}

std::string dotted(TranscriptFormat format) { return '.' + std::string(ending_of(format)); }

}  // namespace

bool TranscriptPlace::has_all_of(const Recording& recording) const {
  std::error_code failure;
  const fs::file_time_type made = fs::last_write_time(recording.path, failure);
  if (failure) return false;
  return std::ranges::all_of(formats, [&](TranscriptFormat format) {
    const auto written = fs::last_write_time(path_of(*this, recording, dotted(format)), failure);
    return !failure && written >= made;
  });
}

Status TranscriptPlace::make_room_for(const Recording& recording) const {
  const fs::path parent = path_of(*this, recording, "").parent_path();
  std::error_code failure;
  fs::create_directories(parent, failure);
  if (!failure) return {};
  return Error{ErrorCode::unavailable, parent.string() + ": " + failure.message()};
}

Status TranscriptPlace::write(const Recording& recording, const HeardRecording& heard) const {
  for (const TranscriptFormat format : formats) {
    const fs::path path = path_of(*this, recording, dotted(format));
    fs::path fresh = path;
    fresh += ".new";
    std::ofstream file(fresh, std::ios::binary);
    file << written(format, recording.path, heard);
    file.close();
    if (!file || std::rename(fresh.c_str(), path.c_str()) != 0) {
      const int number = errno;
      std::error_code ignored;
      fs::remove(fresh, ignored);
      return Error{ErrorCode::unavailable,
                   path.string() + ": cannot write: " + std::strerror(number)};
    }
  }
  return {};
}

std::string TranscriptPlace::journal_of(const Recording& recording) const {
  return path_of(*this, recording, kJournalEnding).string();
}

std::string identity_of(const Recording& recording) {
  std::error_code failure;
  const auto size = fs::file_size(recording.path, failure);
  if (failure) return recording.path;
  const auto made = fs::last_write_time(recording.path, failure).time_since_epoch().count();
  return recording.path + ' ' + std::to_string(size) + ' ' + std::to_string(made);
}

}  // namespace parley::cli
