// SPDX-License-Identifier: Apache-2.0
//
// Which recordings a command line means: files as they are named, folders with everything in them
// that looks like sound.
//
// Threads: any; reads folders.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace parley::cli {

struct Recording {
  std::string path;
  /// Where its transcript goes inside a folder for all of them, without the ending: the file's
  /// name, behind the folders between it and the one that was named. Two recordings never share
  /// one: where "a.mp3" and "a.wav" would, both keep their endings.
  std::string name;
};

/// A folder's are in the order of their names. Errors: not_found (a folder without recordings),
/// what the file system says. A file that is not there is found out by whoever opens it.
[[nodiscard]] Result<std::vector<Recording>> find_recordings(
    const std::vector<std::string>& arguments);

}  // namespace parley::cli
