// SPDX-License-Identifier: Apache-2.0
//
// Where the transcripts of one recording lie, and how they get there: whole, or not at all.
//
//   out/talks/monday.srt    out/talks/monday.json    out/talks/monday.part (while it is heard)
//
// Threads: any; uses the file system.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/recordings.h"
#include "cli/transcript_format.h"

namespace parley::cli {

struct TranscriptPlace {
  std::string folder;
  std::vector<TranscriptFormat> formats;

  /// All are there, and none is older than the recording.
  [[nodiscard]] bool has_all_of(const Recording& recording) const;
  /// Makes the folders. Errors: what the file system says.
  [[nodiscard]] Status make_room_for(const Recording& recording) const;
  [[nodiscard]] Status write(const Recording& recording, const HeardRecording& heard) const;
  [[nodiscard]] std::string journal_of(const Recording& recording) const;
};

/// Says which file it is: changes when the recording does. Nothing but its path where there is no
/// such file.
[[nodiscard]] std::string identity_of(const Recording& recording);

}  // namespace parley::cli
