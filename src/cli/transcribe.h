// SPDX-License-Identifier: Apache-2.0
//
// What `parley transcribe` does once the models are there: several recordings at once, each as its
// file or as its part of standard output; what was interrupted goes on where it stopped.
//
// Threads: one owner, which it blocks.
#pragma once

#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/recordings.h"
#include "cli/transcript_format.h"
#include "service/recognition/recognition_service.h"

namespace parley::cli {

/// A longer recording is an error.
inline constexpr double kTranscribeSecondsMax = 172'800;
/// Recordings that are heard at once.
inline constexpr std::size_t kTranscribeJobsMax = 64;

struct TranscribeOptions {
  std::vector<Recording> recordings;
  std::vector<TranscriptFormat> formats{TranscriptFormat::text};  // without a folder: one
  std::string folder = {};  // of the transcripts; empty: standard output
  bool overwrite = false;   // transcripts that are there already are made again
  std::size_t jobs = 1;     // recordings at once; 1 to kTranscribeJobsMax
  bool shows_progress = false;
};

struct TranscribeContext {
  service::RecognitionService& service;  // with room for `jobs` streams
  const Clock& clock;
  service::RecognitionRequest request;  // of every recording
  /// The settings that transcripts depend on, in one line: what was begun with others is begun
  /// anew.
  std::string settings = {};
  std::function<bool()> is_stopped = nullptr;  // asked now and then; null: never
};

/// On `out` what each recording says, in order, or nothing where there is a folder. A recording
/// that cannot be read or heard is named on `err`, and the others go on. Returns the exit status.
[[nodiscard]] int transcribe_recordings(const TranscribeContext& context,
                                        const TranscribeOptions& options, std::ostream& out,
                                        std::ostream& err);

}  // namespace parley::cli
