// SPDX-License-Identifier: Apache-2.0
//
// Phrases that are always ready: read from a file and spoken once, in the background, when the
// server already serves. They are never evicted from memory, and after a restart they come from the
// disk.
//
//   # What we say most. An empty line, or one that begins with #, is nothing.
//   Hello! How can I help you?
//   {voice=amy speed=1.2} Please hold the line.
//
// Threads: any; spoken on a strand, one after another, as bulk calls: whoever waits for speech goes
// before them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backend/phrase_cache/caching_tts_host.h"
#include "backend/phrase_cache/phrase_cache.h"
#include "base/result.h"
#include "exec/strand.h"
#include "exec/timer.h"

namespace parley::backend {

struct PinnedPhrase {
  std::string text;
  std::string voice;
  float speed = 1.0F;
  friend bool operator==(const PinnedPhrase&, const PinnedPhrase&) = default;
};

/// `defaults` says voice and speed of lines that say nothing of them. Errors: invalid_argument
/// names the line.
[[nodiscard]] Result<std::vector<PinnedPhrase>> parse_pinned(std::string_view file,
                                                             const PinnedPhrase& defaults);
/// Errors: those, and of the file: not_found, unavailable.
[[nodiscard]] Result<std::vector<PinnedPhrase>> read_pinned(const std::string& path,
                                                            const PinnedPhrase& defaults);

class PinnedPhrases final : private exec::StrandBody {
 public:
  /// All outlive it.
  struct Surroundings {
    CachingTtsHost& host;
    PhraseCache& cache;
    exec::Executor& executor;
    exec::TimerService& timers;
    const Clock& clock;
  };

  PinnedPhrases(std::vector<PinnedPhrase> phrases, const Surroundings& around);
  /// Stops what is being spoken.
  ~PinnedPhrases() override;
  PinnedPhrases(const PinnedPhrases&) = delete;
  PinnedPhrases& operator=(const PinnedPhrases&) = delete;

  void start();

 private:
  bool run_slice() noexcept override;
  void submit_next();
  void note_end();

  const std::vector<PinnedPhrase> phrases_;
  const Surroundings around_;
  const std::shared_ptr<exec::Strand> strand_;

  // The strand's.
  std::shared_ptr<model::TtsCall> call_;  // shared with the host; null: none is spoken
  std::size_t next_ = 0;
  std::size_t failed_ = 0;
};

}  // namespace parley::backend
