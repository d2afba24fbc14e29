// SPDX-License-Identifier: Apache-2.0
//
// The phrase cache as the configuration wants it (`tts.cache.*`), in front of the voice.
//
//   PARLEY_TRY(auto phrases, Phrases::make(config, voice_host, around));   // null: there is none
//   model::TtsHost& tts = phrases ? phrases->host() : voice_host;
//   phrases->speak_pinned();                                               // once it serves
//
// Threads: construction and destruction one owner, outside the life of every session; `trouble`
// any.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backend/phrase_cache/caching_tts_host.h"
#include "backend/phrase_cache/phrase_cache.h"
#include "backend/phrase_cache/pinned_phrases.h"
#include "base/config.h"
#include "base/result.h"
#include "exec/thread_executor.h"
#include "text/lexicon.h"

namespace parley::server {

class Phrases {
 public:
  /// All outlive it.
  struct Surroundings {
    exec::Executor& executor;  // whose threads do not block
    exec::TimerService& timers;
    const Clock& clock;
    Metrics& metrics;
    const text::Lexicon* lexicon = nullptr;  // of the words that people write
  };

  /// Null where there is to be none. Errors: of the file of pinned phrases, of the voice's files.
  static Result<std::unique_ptr<Phrases>> make(const Config& config, model::TtsHost& voice,
                                               const Surroundings& around);

  [[nodiscard]] backend::CachingTtsHost& host() { return *host_; }
  /// Speaks what `tts.cache.pinned` lists, in the background.
  void speak_pinned();
  /// Why phrases are not written to the disk at the moment.
  [[nodiscard]] std::optional<std::string> trouble() const { return cache_->trouble(); }

 private:
  Phrases() = default;
  exec::ThreadExecutor thread_{"parley-phrases"};
  std::unique_ptr<backend::PhraseCache> cache_;
  std::unique_ptr<backend::CachingTtsHost> host_;
  std::unique_ptr<backend::PinnedPhrases> pinned_;  // null: none are
};

}  // namespace parley::server
