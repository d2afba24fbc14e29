// SPDX-License-Identifier: Apache-2.0
#include "cli/recordings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>

namespace parley::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 20> kEndings{
    ".aac", ".aif", ".aiff", ".amr", ".au",   ".caf", ".flac", ".m4a",  ".m4b", ".mka",
    ".mkv", ".mov", ".mp3",  ".mp4", ".mpga", ".oga", ".ogg",  ".opus", ".wav", ".webm"};

bool looks_like_sound(const fs::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(kEndings, ending) != kEndings.end();
}

/// Below `folder`; links to folders are not followed, so that the walk has an end.
Result<std::vector<Recording>> recordings_in(const fs::path& folder) {
  std::vector<Recording> found;
  std::error_code failure;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(folder, options, failure), end; !failure && at != end;
       at.increment(failure)) {
    std::error_code ignored;
    if (!at->is_regular_file(ignored) || !looks_like_sound(at->path())) continue;
    found.push_back({at->path().string(), at->path().lexically_relative(folder).string()});
  }
  if (failure) {
    return Error{ErrorCode::unavailable, folder.string() + ": " + failure.message()};
  }
  if (found.empty()) {
    return Error{ErrorCode::not_found, folder.string() + ": no recordings in this folder"};
  }
  std::ranges::sort(found, {}, &Recording::path);
  return found;
}

std::string without_ending(const std::string& name) {
  return (fs::path(name).parent_path() / fs::path(name).stem()).string();
}

}  // namespace

Result<std::vector<Recording>> find_recordings(const std::vector<std::string>& arguments) {
  std::vector<Recording> recordings;
  for (const std::string& argument : arguments) {
    std::error_code ignored;
    if (!fs::is_directory(argument, ignored)) {
      recordings.push_back({argument, fs::path(argument).filename().string()});
      continue;
    }
    PARLEY_TRY(std::vector<Recording> inside, recordings_in(argument));
    std::ranges::move(inside, std::back_inserter(recordings));
  }
  std::map<std::string, std::size_t> uses;
  for (const Recording& one : recordings) ++uses[without_ending(one.name)];
  std::map<std::string, std::size_t> taken;
  for (Recording& one : recordings) {
    const std::string shorter = without_ending(one.name);
    if (uses[shorter] == 1) one.name = shorter;
    // The same name from two folders on the command line.
    const std::size_t earlier = taken[one.name]++;
    if (earlier > 0) one.name += "-" + std::to_string(earlier + 1);
  }
  return recordings;
}

}  // namespace parley::cli
